// Gives a test a folder of its own.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The path of a file, not yet there, in a folder that goes away after the test. */
export function temporaryPath(test, name) {
  const folder = mkdtempSync(join(tmpdir(), "test-"));
  test.after(() => rmSync(folder, { recursive: true }));
  return join(folder, name);
}
