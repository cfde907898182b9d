// Target addresses: which ones may be shortened and how they are written down.

import { InputError } from "./errors.mjs";

const MAX_LENGTH = 2048;
const FORBIDDEN = /[\u0000-\u0020\u007f\\\s\p{Surrogate}]/u;

// Returns the address ready for a Location header or throws InputError.
export function checkUrl(text, ownAddresses = []) {
  const given = text.trim();
  if (given === "") throw new InputError("url", "is required");
  if (given.length > MAX_LENGTH) {
    throw new InputError("url", `must have at most ${MAX_LENGTH} characters`);
  }
  if (FORBIDDEN.test(given)) {
    throw new InputError("url", "must not contain spaces, control characters or backslashes");
  }
  if (!/^https?:\/\//i.test(given)) {
    throw new InputError("url", "must start with http:// or https://");
  }
  const url = parse(given);
  if (url.username !== "" || url.password !== "") {
    throw new InputError("url", "must not contain a user name or password");
  }
  url.hostname = withoutFinalDots(url.hostname);
  if (ownAddresses.includes(addressOf(url.host))) {
    throw new InputError("url", "must not point to this service itself");
  }
  return url.href;
}

function parse(given) {
  const [, , authority] = given.split("/");
  try {
    const url = new URL(given);
    if (authority !== "" && !/^\.|\.\./.test(url.hostname)) return url;
  } catch {
    // Reported below, together with hosts that have empty parts.
  }
  throw new InputError("url", "must contain a valid host name");
}

// Returns "host:port" in one form, without the ports that addresses need not name.
export function addressOf(host) {
  const [, name, port] = /^(.*?)(?::([0-9]+))?$/.exec(host.toLowerCase());
  const suffix = port === undefined || port === "80" || port === "443" ? "" : `:${port}`;
  return withoutFinalDots(name) + suffix;
}

function withoutFinalDots(hostName) {
  return hostName.replace(/\.+$/, "");
}
