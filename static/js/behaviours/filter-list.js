// A long list of boxes gets a field that narrows it, and a line that says what is chosen.

export default function filterList(fieldset) {
  const list = fieldset.querySelector(".picker__list");
  const lines = [...list.querySelectorAll(".check")].map((line) => ({ line, words: fold(line.textContent) }));
  if (lines.length < 8) return;

  const filter = document.createElement("input");
  filter.type = "search";
  filter.className = "input picker__filter";
  filter.setAttribute("aria-label", fieldset.dataset.filterLabel);
  filter.placeholder = fieldset.dataset.filterLabel;
  filter.autocomplete = "off";
  list.before(filter);

  const sum = document.createElement("p");
  sum.className = "picker__sum";
  sum.setAttribute("role", "status");
  list.after(sum);

  const update = () => {
    const wanted = fold(filter.value);
    let shown = 0;
    for (const { line, words } of lines) {
      line.hidden = !words.includes(wanted);
      if (!line.hidden) shown += 1;
    }
    const chosen = lines.filter(({ line }) => line.querySelector("input").checked);
    sum.textContent = shown
      ? chosen.map(({ line }) => line.textContent.trim()).join(", ")
      : fieldset.dataset.filterNone;
  };
  filter.addEventListener("input", update);
  filter.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  list.addEventListener("change", update);
  update();
}

function fold(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/œ/gi, "oe").toLowerCase().trim();
}
