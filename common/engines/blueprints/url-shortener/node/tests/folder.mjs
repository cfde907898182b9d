// Gives tests a folder of their own.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Makes a folder that is removed after the test.
export async function temporaryFolder(test) {
  const folder = await mkdtemp(join(tmpdir(), "<< slug >>-"));
  test.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
