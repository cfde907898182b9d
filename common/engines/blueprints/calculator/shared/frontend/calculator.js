// Improves the page where scripts run: keypad, keyboard, and results without a reload.
"use strict";

const form = document.getElementById("calculator");

function start() {
  const input = document.getElementById("expression");
  const result = document.getElementById("result");
  const problem = document.getElementById("problem");
  let finished = result.textContent.replace("= ", "");

  showKeypad();
  if (window.matchMedia("(pointer: coarse)").matches) {
    input.inputMode = "none";
  } else {
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
  }

  function showKeypad() {
    const keys = form.querySelector(".keys");
    keys.classList.add("ready");
    for (const key of keys.querySelectorAll("[hidden]")) {
      key.hidden = false;
    }
  }

  // After a result, an operator goes on with it and anything else starts anew.
  function insert(text) {
    if (finished !== "") {
      input.value = "+−×÷^%-*/".includes(text) ? finished : "";
      input.setSelectionRange(input.value.length, input.value.length);
    }
    forgetResult();
    if (input.value.length - (input.selectionEnd - input.selectionStart) + text.length <= input.maxLength) {
      input.setRangeText(text, input.selectionStart, input.selectionEnd, "end");
    }
  }

  function erase() {
    forgetResult();
    const end = input.selectionEnd;
    const start = input.selectionStart === end ? Math.max(0, end - 1) : input.selectionStart;
    input.setRangeText("", start, end, "end");
  }

  function clear() {
    input.value = "";
    forgetResult();
  }

  function forgetResult() {
    finished = "";
    result.textContent = "";
    showProblem("");
  }

  function showProblem(text) {
    problem.textContent = text;
    if (text) {
      input.setAttribute("aria-invalid", "true");
    } else {
      input.removeAttribute("aria-invalid");
    }
  }

  async function calculate() {
    const response = await fetch("/api/calculate", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ expression: input.value }),
    });
    const answer = await response.json();
    if (!response.ok) {
      forgetResult();
      showProblem(answer.error.replace(/^expression: /, ""));
      return;
    }
    showProblem("");
    finished = answer.result;
    result.textContent = `= ${answer.result}`;
    await refreshHistory();
  }

  form.querySelector(".keys").addEventListener("click", (event) => {
    const key = event.target.closest("button[type=button]");
    if (!key) return;
    if (key.dataset.insert) insert(key.dataset.insert);
    if (key.dataset.action === "erase") erase();
    if (key.dataset.action === "clear") clear();
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    calculate().catch(() => showProblem("The server cannot be reached"));
  });

  input.addEventListener("input", forgetResult);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") clear();
    const typing = event.target === input;
    if (event.key === "=" || (event.key === "Enter" && event.target === document.body)) {
      event.preventDefault();
      form.requestSubmit();
    } else if (/^[0-9.+\-*/^%()]$/.test(event.key) && (!typing || finished !== "")) {
      event.preventDefault();
      insert(event.key);
    } else if (event.key === "Backspace" && !typing) {
      erase();
    }
  });
}

async function refreshHistory() {
  const response = await fetch("/api/history");
  const { history } = await response.json();
  document.getElementById("history-list").replaceChildren(...history.map(historyItem));
  document.getElementById("history-empty").hidden = history.length > 0;
  document.getElementById("clear-history").hidden = history.length === 0;
}

function historyItem(entry) {
  const expression = document.createElement("span");
  expression.textContent = entry.expression;
  const result = document.createElement("strong");
  result.textContent = `= ${entry.result}`;
  const link = document.createElement("a");
  link.href = `/?expression=${encodeURIComponent(entry.expression)}`;
  link.append(expression, " ", result);
  const item = document.createElement("li");
  item.append(link);
  return item;
}

if (form) start();
