// Drag cards between columns. « Déplacer vers… » on each card does the same by keyboard and without this file.

import "../../vendor/sortable.min.js";
import { announce, csrfToken } from "./announce.js";

export default function board(element) {
  element.classList.add("board--live");
  for (const column of element.querySelectorAll("[data-status]")) {
    window.Sortable.create(column, {
      group: "tasks",
      draggable: ".card:has(.card__move)",
      filter: ".card__move",
      preventOnFilter: false,
      ghostClass: "card--ghost",
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      delay: 200,
      delayOnTouchOnly: true,
      onStart: ({ item }) => rememberPlace(item),
      onEnd: (event) => move(element, event),
    });
  }
}

const places = new WeakMap();

function rememberPlace(card) {
  places.set(card, { column: card.parentElement, next: card.nextElementSibling });
}

async function move(element, { item: card, from, to, oldIndex, newIndex }) {
  if (from === to && oldIndex === newIndex) return;
  count(from, -1);
  count(to, +1);
  const body = new URLSearchParams({
    csrf_token: csrfToken(),
    status: to.dataset.status,
    seen_status: from.dataset.status,
    after: card.previousElementSibling?.dataset.task ?? "",
    next: location.pathname + location.search,
  });
  try {
    const response = await fetch(card.dataset.move, {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(answer.message ?? "");
    if (answer.page) {
      // This column asks for a word first: the page that takes it, and the card waits where it was.
      putBack(card, from, to);
      location.assign(answer.page);
      return;
    }
    announce(sentence(element.dataset.moved, card, follow(element, card, to, answer.status)));
  } catch (error) {
    putBack(card, from, to);
    mark(card);
    // A network failure carries the browser's own words, which mean nothing to the reader.
    const reason = error instanceof TypeError ? "" : error.message;
    announce([reason, element.dataset.refused].filter(Boolean).join(" "), "error");
  }
}

// The server has the last word: « Terminée » said by somebody in charge leads to « À valider ».
function follow(element, card, to, status) {
  const reached = element.querySelector(`[data-status="${status}"]`) ?? to;
  if (reached !== to) {
    reached.prepend(card);
    count(to, -1);
    count(reached, +1);
  }
  if (status !== "blocked") card.querySelector(".card__words")?.remove();
  return reached;
}

function putBack(card, from, to) {
  const { column, next } = places.get(card);
  column.insertBefore(card, next?.parentElement === column ? next : null);
  count(from, +1);
  count(to, -1);
}

function mark(card) {
  card.classList.add("card--refused");
  setTimeout(() => card.classList.remove("card--refused"), 3000);
}

function count(column, change) {
  const figure = column.closest(".board__column").querySelector(".board__count");
  figure.textContent = Number(figure.textContent) + change;
}

function sentence(pattern, card, column) {
  const name = column.closest(".board__column").querySelector(".board__name").textContent;
  const title = card.querySelector(".card__title").textContent.trim();
  return pattern.replace("{title}", () => title).replace("{column}", () => name);
}
