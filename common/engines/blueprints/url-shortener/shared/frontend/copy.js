// Adds a "Copy" button beside every element with a data-copy attribute.
// Without this script, or without clipboard access, the page works all the same.

const SHOW_FOR_MS = 1500;

function addButton(element) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy ${element.textContent}`);
  button.addEventListener("click", () => copy(element.dataset.copy, button));
  element.after(" ", button);
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not copied";
  }
  setTimeout(() => { button.textContent = "Copy"; }, SHOW_FOR_MS);
}

if (navigator.clipboard) {
  document.querySelectorAll("[data-copy]").forEach(addButton);
}
