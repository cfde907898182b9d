// Searches while you type, shows times in your own time zone and asks before deleting.
// Everything also works without this file.

const search = document.querySelector("#search");
let timer;
let latest = 0;

search?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(showResults, 150);
});

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});

async function showResults() {
  const turn = ++latest;
  const address = `/?${new URLSearchParams(new FormData(search))}`;
  try {
    const reply = await fetch(address);
    const html = await reply.text();
    if (!reply.ok || turn !== latest) return;
    showRegions(new DOMParser().parseFromString(html, "text/html"));
    history.replaceState(null, "", address);
  } catch {
    // The Search button is still there.
  }
}

function showRegions(answer) {
  for (const region of document.querySelectorAll("[data-region]")) {
    region.replaceChildren(...answer.getElementById(region.id).childNodes);
  }
  showLocalTimes();
}

function showLocalTimes() {
  const words = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });
  for (const time of document.querySelectorAll("time")) {
    time.textContent = words.format(new Date(time.dateTime));
  }
}

showLocalTimes();
