// What a browser asks for: the pages and the forms on them.

import { HttpError, InvalidField } from "./errors.mjs";
import { cleanChanges, cleanNew } from "./models.mjs";
import { editPage, listPage, newPage, notePage } from "./pages.mjs";
import { select, wordsOf } from "./search.mjs";
import { cleanTag, countTags } from "./tags.mjs";
import { htmlResponse, seeOther } from "./web.mjs";

/** Shows the notes and carries out what the forms ask for. */
export class NoteSite {
  #store;

  constructor(store) {
    this.#store = store;
  }

  routes() {
    return [
      ["GET", "/", (request) => this.#showList(request)],
      ["GET", "/notes/new", () => htmlResponse(200, newPage())],
      ["POST", "/notes", (request) => this.#add(request)],
      ["GET", "/notes/{id}", (request, id) => this.#showNote(request, id)],
      ["GET", "/notes/{id}/edit", (request, id) => this.#showEdit(id)],
      ["POST", "/notes/{id}", (request, id) => this.#save(request, id)],
      ["POST", "/notes/{id}/delete", (request, id) => this.#delete(id)],
    ];
  }

  #showList(request) {
    const view = viewOf(request);
    const withWords = select(this.#store.newestFirst(), view.words, "");
    const notes = select(withWords, [], view.tag);
    return htmlResponse(200, listPage({ notes, tags: countTags(withWords), view }));
  }

  #add(request) {
    const draft = draftOf(request);
    try {
      const { title, body } = cleanNew(draft);
      return seeOther(`/notes/${this.#store.add(title, body).id}`);
    } catch (error) {
      if (!(error instanceof InvalidField)) throw error;
      return htmlResponse(400, newPage({ draft, problem: error.message }));
    }
  }

  #showNote(request, id) {
    return htmlResponse(200, notePage({ note: this.#note(id), view: viewOf(request) }));
  }

  #showEdit(id) {
    return htmlResponse(200, editPage({ note: this.#note(id) }));
  }

  #save(request, id) {
    const note = this.#note(id);
    const draft = draftOf(request);
    try {
      this.#store.update(id, cleanChanges(draft));
    } catch (error) {
      if (!(error instanceof InvalidField)) throw error;
      return htmlResponse(400, editPage({ note, draft, problem: error.message }));
    }
    return seeOther(`/notes/${id}`);
  }

  #delete(id) {
    this.#store.delete(id);
    return seeOther("/");
  }

  #note(id) {
    const note = this.#store.get(id);
    if (!note) throw new HttpError(404, "there is no such note");
    return note;
  }
}

function viewOf(request) {
  const query = (request.query.q ?? "").trim();
  return { query, words: wordsOf(query), tag: cleanTag(request.query.tag ?? "") };
}

function draftOf(request) {
  const { title = "", body = "" } = request.form();
  return { title, body };
}
