"use strict";

const $ = (id) => document.getElementById(id);
let variable = null; // the variable whose token is used, when none is typed
let seen = -1; // the newest call that is shown

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined && text !== null) made.textContent = text;
  if (className) made.className = className;
  return made;
}

async function ask(name, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Cws-Console": "1" },
    body: JSON.stringify(body),
  };
  const answer = await fetch(`/_cws/${name}`, options);
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
}

function complain(error) {
  $("problem").hidden = !error;
  $("problem").textContent = error ? String(error.message || error) : "";
}

function routeRow(route) {
  const row = element("tr");
  row.dataset.route = `${route.method} ${route.template}`;
  const path = element("td", null, "path");
  path.append(element("span", route.method, "verb"), route.template);
  const decision = element("td");
  decision.append(element("span", route.verdict || "", route.verdict));
  if (route.why) decision.append(element("span", route.why, "why"));
  const call = element("td", null, "call");
  const target = element("input");
  target.value = route.path || route.template.replace(/\{[^}]*\}/g, "x");
  target.setAttribute("aria-label", `path of ${row.dataset.route}`);
  const button = element("button", "call");
  button.type = "button";
  const status = element("span", "", "status");
  button.addEventListener("click", async () => {
    try {
      const answer = await ask("call.json", { ...chosen(), method: route.method, path: target.value });
      status.textContent = ` ${answer.status}`;
      status.title = answer.body;
      complain(null);
      await refresh();
    } catch (error) {
      complain(error);
    }
  });
  call.append(target, " ", button, status);
  row.append(path, element("td", route.guard || "open"), decision, element("td", route.rule || "", "rule"), call);
  return row;
}

function documentOf(guard) {
  const made = element("div");
  const said = { 401: "nobody is known: 401", 500: "auth failed: 500, see the log of cws run" }[guard.status];
  const facts = said || `principal ${guard.principal} · ${guard.size} bytes · ${guard.exact ? "exact" : "narrowed"} · ${guard.cacheable ? "may be cached" : "not for other routes"}`;
  made.append(element("h3", guard.name), element("p", facts, "faint"));
  if (guard.document) made.append(element("pre", JSON.stringify(guard.document, null, 2)));
  return made;
}

function logRow(call) {
  const row = element("tr");
  const path = element("td", null, "path");
  path.append(element("span", call.method, "verb"), call.path);
  const verdict = { allowed: "allowed", explicitDeny: "denied", implicitDeny: "denied" }[call.verdict] || "";
  const cache = call.cached === null ? "" : call.cached ? "hit" : "asked";
  row.append(path, element("td", call.status), element("td", call.verdict || "", verdict), element("td", cache), element("td", call.why, "why"));
  return row;
}

async function refresh() {
  const state = await ask("state.json");
  $("service").textContent = state.service;
  document.title = `${state.service} · cws`;
  $("stage").textContent = state.stage;
  $("cached").textContent = `${state.cached} cached ${state.cached === 1 ? "answer" : "answers"}`;
  const newest = state.calls.length ? state.calls[0].number : 0;
  if (newest !== seen) {
    seen = newest;
    $("log").tBodies[0].replaceChildren(...state.calls.map(logRow));
  }
  return state;
}

function chosen() {
  const token = $("token").value;
  return token ? { token } : { variable };
}

async function attempt() {
  complain(null);
  try {
    const found = await ask("try.json", chosen());
    $("routes").tBodies[0].replaceChildren(...found.routes.map(routeRow));
    $("documents").replaceChildren(...found.guards.map(documentOf));
  } catch (error) {
    complain(error);
  }
}

function choose(name) {
  variable = name;
  $("token").value = "";
  for (const button of $("known").children) button.setAttribute("aria-pressed", String(button.textContent === name));
}

$("trial").addEventListener("submit", (event) => {
  event.preventDefault();
  if ($("token").value) {
    const typed = $("token").value;
    choose(null);
    $("token").value = typed;
  }
  attempt();
});
$("flush").addEventListener("click", () => ask("flush.json", {}).then(refresh).catch(complain));

refresh().then((state) => {
  $("routes").tBodies[0].replaceChildren(...state.routes.map(routeRow));
  for (const name of state.tokens) {
    const button = element("button", name);
    button.type = "button";
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => { choose(name); attempt(); });
    $("known").append(button);
  }
  setInterval(() => refresh().catch(() => {}), 1500);
}).catch(complain);
