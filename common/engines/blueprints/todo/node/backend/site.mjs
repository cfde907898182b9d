// What a browser asks for: the pages and the forms on them.

import { HttpError, InvalidField } from "./errors.mjs";
import { cleanChanges, cleanFilter, cleanNew } from "./models.mjs";
import { editPage, listPage } from "./pages.mjs";
import { htmlResponse, seeOther } from "./web.mjs";

/** Shows the todos and carries out what the forms ask for. */
export class TodoSite {
  #store;
  #today;

  constructor(store, { today = localDay } = {}) {
    this.#store = store;
    this.#today = today;
  }

  routes() {
    return [
      ["GET", "/", (request) => this.#listPage(200, chosenFilter(request.query))],
      ["POST", "/todos", (request) => this.#add(request)],
      ["POST", "/todos/clear-completed", (request) => this.#clearCompleted(request)],
      ["GET", "/todos/{id}/edit", (request, id) => this.#showEdit(request, id)],
      ["POST", "/todos/{id}/edit", (request, id) => this.#save(request, id)],
      ["POST", "/todos/{id}/done", (request, id) => this.#setDone(request, id)],
      ["POST", "/todos/{id}/delete", (request, id) => this.#delete(request, id)],
    ];
  }

  #add(request) {
    const form = request.form();
    const which = chosenFilter(form);
    const draft = draftOf(form);
    try {
      const { title, due } = cleanNew(draft);
      this.#store.add(title, due);
    } catch (error) {
      if (!(error instanceof InvalidField)) throw error;
      return this.#listPage(400, which, draft, error.message);
    }
    return backToList(which);
  }

  #showEdit(request, id) {
    const which = chosenFilter(request.query);
    return htmlResponse(200, editPage({ todo: this.#todo(id), which }));
  }

  #save(request, id) {
    const form = request.form();
    const which = chosenFilter(form);
    const todo = this.#todo(id);
    const draft = draftOf(form);
    try {
      this.#store.update(id, cleanChanges(draft));
    } catch (error) {
      if (!(error instanceof InvalidField)) throw error;
      return htmlResponse(400, editPage({ todo, which, draft, problem: error.message }));
    }
    return backToList(which);
  }

  #setDone(request, id) {
    const form = request.form();
    const which = chosenFilter(form);
    if (!["true", "false"].includes(form.done)) {
      throw new InvalidField("done", "must be true or false");
    }
    if (!this.#store.update(id, { done: form.done === "true" })) {
      throw new HttpError(404, "there is no such todo");
    }
    return backToList(which);
  }

  #delete(request, id) {
    const which = chosenFilter(request.form());
    this.#store.delete(id);
    return backToList(which);
  }

  #clearCompleted(request) {
    const which = chosenFilter(request.form());
    this.#store.clearCompleted();
    return backToList(which);
  }

  #todo(id) {
    const todo = this.#store.get(id);
    if (!todo) throw new HttpError(404, "there is no such todo");
    return todo;
  }

  #listPage(status, which, draft, problem) {
    const todos = this.#store.select(which);
    const counts = this.#store.counts();
    const html = listPage({ todos, counts, which, today: this.#today(), draft, problem });
    return htmlResponse(status, html);
  }
}

/** Today where the server is, as YYYY-MM-DD. */
function localDay() {
  const now = new Date();
  const pad = (number) => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`;
}

function draftOf(form) {
  return { title: form.title ?? "", due: form.due ?? "" };
}

function chosenFilter(values) {
  return cleanFilter(values.filter ?? "all");
}

function backToList(which) {
  return seeOther(`/?filter=${which}`);
}
