// Puts the parts together.

import { apiRoutes } from "./api.mjs";
import { NoteSite } from "./site.mjs";
import { staticRoutes } from "./static.mjs";
import { Router } from "./web.mjs";

export function makeApp(store) {
  return new Router([...apiRoutes(store), ...new NoteSite(store).routes(), ...staticRoutes()]);
}
