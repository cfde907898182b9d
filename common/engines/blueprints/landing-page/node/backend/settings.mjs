// Reads the server's settings from environment variables.

const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PORT = << port >>;

/** A setting has a value that cannot be used. */
export class SettingsError extends Error {}

/** Return the settings named in the environment, or their defaults. */
export function readSettings(environment) {
  return { host: environment.HOST || DEFAULT_HOST, port: readPort(environment.PORT) };
}

/** Return the port; 0 lets the system choose a free one. */
function readPort(text) {
  if (!text) return DEFAULT_PORT;
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65535) {
    throw new SettingsError(`PORT must be a number from 0 to 65535, not ${JSON.stringify(text)}`);
  }
  return Number(text);
}
