// Settings of the server, read from environment variables.

const DEFAULT_PORT = "<< port >>";

// A setting has a value that cannot be used.
export class ConfigError extends Error {}

// Returns all settings; throws ConfigError naming the first bad one.
export function loadConfig(environment) {
  return {
    host: environment.HOST || "127.0.0.1",
    port: readPort(environment.PORT || DEFAULT_PORT),
    dataDir: environment.DATA_DIR || "data",
    publicUrl: readPublicUrl(environment.PUBLIC_URL || ""),
  };
}

// Returns the port number; 0 lets the system choose a free one.
function readPort(text) {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65535) {
    throw new ConfigError(`PORT must be a number from 0 to 65535, not "${text}"`);
  }
  return Number(text);
}

// Returns the address that short links start with, without a slash at its end.
function readPublicUrl(text) {
  if (text === "") return "";
  if (!/^https?:\/\/[^/?#@\s]+\/?$/.test(text) || !isUrl(text)) {
    throw new ConfigError(`PUBLIC_URL must look like https://go.example.com, not "${text}"`);
  }
  return new URL(text).origin;
}

function isUrl(text) {
  try {
    return Boolean(new URL(text));
  } catch {
    return false;
  }
}
