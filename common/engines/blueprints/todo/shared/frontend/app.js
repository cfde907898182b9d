// Sends the forms of the list in the background and shows the new list without a reload.
// Everything also works without this file.

const quietForm = "form[data-quiet]";

document.addEventListener("submit", (event) => {
  if (!event.target.matches(quietForm)) return;
  event.preventDefault();
  sendQuietly(event.target);
});

async function sendQuietly(form) {
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  try {
    const reply = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
    });
    showReply(await reply.text());
    if (reply.ok && form.id === "add") clearAddForm(form);
  } catch {
    form.submit();
  } finally {
    delete form.dataset.busy;
  }
}

function showReply(html) {
  const focusedId = document.activeElement?.id;
  const answer = new DOMParser().parseFromString(html, "text/html");
  for (const region of document.querySelectorAll("[data-region]")) {
    const fresh = answer.getElementById(region.id);
    if (!fresh) return location.reload();
    region.replaceChildren(...fresh.childNodes);
  }
  keepFocus(focusedId);
}

function keepFocus(id) {
  if (document.activeElement !== document.body) return;
  const same = id ? document.getElementById(id) : null;
  (same ?? document.querySelector("#board nav a[aria-current]"))?.focus();
}

function clearAddForm(form) {
  for (const name of ["title", "due"]) form.elements[name].value = "";
  form.elements.title.focus();
}
