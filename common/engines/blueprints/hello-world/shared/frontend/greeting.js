// Improves the page where scripts run: a new name is greeted without a reload.
"use strict";

const form = document.getElementById("greeting-form");
const greeting = document.getElementById("greeting");

async function greet() {
  const answers = new URLSearchParams(new FormData(form));
  const response = await fetch(`/api/greeting?${answers}`);
  if (!response.ok) throw new Error(`status ${response.status}`);
  greeting.textContent = (await response.json()).greeting;
  window.history.replaceState(null, "", `/?${answers}`);
}

// Another language changes the whole page, and a refused name needs a message in
// that language; both are left to the server.
form?.addEventListener("submit", (event) => {
  if (form.elements.lang.value !== document.documentElement.lang) return;
  event.preventDefault();
  greet().catch(() => form.submit());
});
