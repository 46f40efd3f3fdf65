"use strict";

// While an answer is typed, the page says what it is read as. Everything else works without this script.
const PAUSE = 350;

function shown(found) {
  const { letters = "", readings = [], said = "" } = found;
  const parts = [];
  if (readings.length) parts.push(text("span", readings.length > 1 ? "Read as one of:" : "Read as"));
  if (letters) parts.push(typeset(letters));
  for (const reading of readings) {
    const place = document.createElement("span");
    place.className = "reading";
    place.append(typeset(reading));
    parts.push(place);
  }
  if (said) {
    const sentence = text("span", readings.length ? said : `Not understood so far: ${said}`);
    sentence.className = "unread";
    parts.push(sentence);
  }
  return parts.flatMap((part) => [part, " "]);
}

function text(name, words) {
  const element = document.createElement(name);
  element.textContent = words;
  return element;
}

// What the server typeset holds no words of the answer that it did not escape.
function typeset(html) {
  return document.createRange().createContextualFragment(html);
}

function readWhileTyped(form) {
  const field = form.elements.answer;
  const place = form.querySelector("output");
  let waiting = 0;
  let asked = null;

  async function read() {
    asked?.abort();
    const own = (asked = new AbortController());
    if (!field.value.trim()) return place.replaceChildren();
    try {
      const body = new URLSearchParams(new FormData(form));
      const reply = await fetch(form.dataset.read, { method: "POST", body, signal: own.signal });
      const found = await reply.json();
      if (own === asked) place.replaceChildren(...shown(found));
    } catch (error) {
      if (own === asked && error.name !== "AbortError") place.replaceChildren("No preview: the server does not answer.");
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(read, PAUSE);
  });
  form.addEventListener("submit", () => {
    clearTimeout(waiting);
    asked?.abort();
  });
}

// A second Enter while an answer is on its way does nothing; the server takes a form once in any case.
function sendOnce(form) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
  });
}

addEventListener("pageshow", () => {
  for (const form of document.forms) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
  }
});

for (const form of document.forms) sendOnce(form);
for (const form of document.querySelectorAll("form[data-read]")) readWhileTyped(form);

// A link to a verdict moves the focus there, so that it is read out.
if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.focus();
