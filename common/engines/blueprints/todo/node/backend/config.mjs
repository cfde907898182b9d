// Settings from the environment.

const DEFAULT_PORT = "<< port >>";

/** A setting that cannot be used. */
export class BadSetting extends Error {}

/** Where the server listens and where it keeps its data. */
export function readSettings(env) {
  return {
    host: env.HOST || "127.0.0.1",
    port: readPort(env.PORT || DEFAULT_PORT),
    dataDir: env.DATA_DIR || "data",
  };
}

/** A TCP port. 0 lets the system choose a free one. */
export function readPort(text) {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65535) {
    throw new BadSetting(`PORT must be a number from 0 to 65535, not ${JSON.stringify(text)}`);
  }
  return Number(text);
}
