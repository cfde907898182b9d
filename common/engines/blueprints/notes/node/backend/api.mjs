// The JSON API: /api/notes, /api/tags and /healthz.

import { HttpError } from "./errors.mjs";
import { cleanChanges, cleanNew } from "./models.mjs";
import { select, wordsOf } from "./search.mjs";
import { cleanTag, countTags } from "./tags.mjs";
import { jsonResponse, noContent } from "./web.mjs";

/** The routes that answer with JSON what the store says. */
export function apiRoutes(store) {
  return [
    ["GET", "/healthz", () => jsonResponse(200, { status: "ok" })],
    ["GET", "/api/notes", (request) => searchNotes(store, request)],
    ["POST", "/api/notes", (request) => addNote(store, request)],
    ["GET", "/api/notes/{id}", (request, id) => jsonResponse(200, present(store.get(id)))],
    ["PATCH", "/api/notes/{id}", (request, id) => changeNote(store, request, id)],
    ["DELETE", "/api/notes/{id}", (request, id) => deleteNote(store, id)],
    ["GET", "/api/tags", () => listTags(store)],
  ];
}

function searchNotes(store, request) {
  const { q = "", tag = "" } = request.query;
  const notes = select(store.newestFirst(), wordsOf(q), cleanTag(tag));
  return jsonResponse(200, { notes });
}

function addNote(store, request) {
  const { title, body } = cleanNew(request.json());
  const note = store.add(title, body);
  return jsonResponse(201, note, { Location: `/api/notes/${note.id}` });
}

function changeNote(store, request, id) {
  const changes = cleanChanges(request.json());
  return jsonResponse(200, present(store.update(id, changes)));
}

function deleteNote(store, id) {
  if (!store.delete(id)) throw new HttpError(404, "there is no such note");
  return noContent();
}

function listTags(store) {
  const tags = countTags(store.newestFirst()).map(([tag, count]) => ({ tag, count }));
  return jsonResponse(200, { tags });
}

function present(note) {
  if (!note) throw new HttpError(404, "there is no such note");
  return note;
}
