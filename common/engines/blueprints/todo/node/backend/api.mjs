// The JSON API: /api/todos and /healthz.

import { HttpError } from "./errors.mjs";
import { cleanChanges, cleanFilter, cleanNew } from "./models.mjs";
import { jsonResponse, noContent } from "./web.mjs";

/** The routes that answer with JSON what the store says. */
export function apiRoutes(store) {
  return [
    ["GET", "/healthz", () => jsonResponse(200, { status: "ok" })],
    ["GET", "/api/todos", (request) => listTodos(store, request)],
    ["POST", "/api/todos", (request) => addTodo(store, request)],
    ["POST", "/api/todos/clear-completed", () => clearCompleted(store)],
    ["GET", "/api/todos/{id}", (request, id) => jsonResponse(200, present(store.get(id)))],
    ["PATCH", "/api/todos/{id}", (request, id) => changeTodo(store, request, id)],
    ["DELETE", "/api/todos/{id}", (request, id) => deleteTodo(store, id)],
  ];
}

function listTodos(store, request) {
  const which = cleanFilter(request.query.filter ?? "all");
  return jsonResponse(200, { todos: store.select(which), counts: store.counts() });
}

function addTodo(store, request) {
  const { title, due } = cleanNew(request.json());
  const todo = store.add(title, due);
  return jsonResponse(201, todo, { Location: `/api/todos/${todo.id}` });
}

function changeTodo(store, request, id) {
  const changes = cleanChanges(request.json());
  return jsonResponse(200, present(store.update(id, changes)));
}

function deleteTodo(store, id) {
  if (!store.delete(id)) throw new HttpError(404, "there is no such todo");
  return noContent();
}

function clearCompleted(store) {
  return jsonResponse(200, { removed: store.clearCompleted() });
}

function present(todo) {
  if (!todo) throw new HttpError(404, "there is no such todo");
  return todo;
}
