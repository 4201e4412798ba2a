
"use strict";
const $ = (id) => document.getElementById(id);
const rows = [...document.querySelectorAll("tbody tr")];
const chips = [...document.querySelectorAll(".chip")];

function filter() {
  const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const verbs = new Set(chips.filter((chip) => chip.ariaPressed === "true").map((chip) => chip.dataset.verb));
  const verdict = $("verdict").value;
  const policy = $("policy").value;
  let shown = 0;
  for (const row of rows) {
    const cells = [...row.querySelectorAll("td")];
    const asked = policy === "" ? cells : [cells[Number(policy)]];
    const fits =
      words.every((word) => row.dataset.text.includes(word)) &&
      (verbs.size === 0 || verbs.has(row.dataset.verb)) &&
      (verdict === "" || asked.some((cell) => cell.dataset.verdict === verdict));
    row.hidden = !fits;
    shown += fits;
  }
  $("shown").value = shown;
  $("none").hidden = shown > 0;
}

for (const chip of chips) {
  chip.addEventListener("click", () => {
    chip.ariaPressed = chip.ariaPressed === "true" ? "false" : "true";
    filter();
  });
}
for (const id of ["search", "verdict", "policy"]) $(id).addEventListener("input", filter);
document.querySelector(".tools").addEventListener("submit", (event) => event.preventDefault());
document.querySelector(".tools").addEventListener("reset", () => {
  for (const chip of chips) chip.ariaPressed = "false";
  setTimeout(filter); // the fields are empty after the event
});

document.querySelector("tbody").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  for (const other of document.querySelectorAll("td button[aria-current]")) other.removeAttribute("aria-current");
  button.setAttribute("aria-current", "true");
  $("detail").textContent = `${button.getAttribute("aria-label")}. ${button.dataset.detail}`;
});

$("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== $("search")) {
    event.preventDefault();
    $("search").focus();
  }
});
