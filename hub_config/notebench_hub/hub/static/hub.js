// What the hub's pages do in the browser. All texts come from the page, in the reader's language.
"use strict";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);

// A form is sent once; a browser that comes back with "Back" can send it again.
for (const form of all("form[data-once]")) {
  form.addEventListener("submit", () => {
    const button = one("button[type=submit]", form);
    setTimeout(() => {
      button.disabled = true;
      if (button.dataset.busy) button.textContent = button.dataset.busy;
    });
  });
}
addEventListener("pageshow", (event) => event.persisted && location.reload());

for (const box of all("[data-reveal]")) {
  const field = document.getElementById(box.dataset.reveal);
  box.addEventListener("change", () => { field.type = box.checked ? "text" : "password"; });
}

for (const form of all("[data-named]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    location.href = form.dataset.named + encodeURIComponent(one("input", form).value);
  });
}

// The hub's API, as the signed-in person.
async function call(method, address, xsrf, body) {
  const answer = await fetch(address, {
    method,
    headers: { "X-XSRFToken": xsrf, "Content-Type": "application/json" },
    body: body ? JSON.stringify(body) : undefined,
  });
  const text = await answer.text();
  let said = {};
  try { said = JSON.parse(text); } catch { /* an empty answer is fine */ }
  if (!answer.ok) throw new Error(said.message || `${answer.status} ${answer.statusText}`);
  return said;
}

function complain(holder, error) {
  const place = one("#problem");
  place.textContent = holder.dataset.failed.replace("{reason}", error.message);
  place.hidden = false;
}

for (const button of all("[data-delete]")) {
  const list = button.closest("[data-xsrf]");
  button.addEventListener("click", async () => {
    if (button.dataset.ask && !confirm(button.dataset.ask)) return;
    button.disabled = true;
    if (button.dataset.busy) button.textContent = button.dataset.busy;
    try {
      const remove = "remove" in button.dataset ? { remove: true } : undefined;
      await call("DELETE", button.dataset.delete, list.dataset.xsrf, remove);
      location.reload();
    } catch (error) {
      complain(list, error);
      button.disabled = false;
    }
  });
}

function startPage(form) {
  const images = all("input[name=image]", form);
  const profiles = all("input[name=profile]", form);
  const chosen = (name) => one(`input[name=${name}]:checked`, form);
  const button = one("#start", form);
  const closed = button.disabled;
  const available = new Map(profiles.map((input) => [input, !input.disabled]));

  // Profiles that the chosen image cannot run on say so; a choice that became impossible moves on.
  function fit() {
    const image = chosen("image");
    const fitting = new Set(image ? image.dataset.profiles.split(" ") : []);
    for (const input of profiles) {
      const reason = one(".nb-reason", input.parentElement);
      const fits = !image || fitting.has(input.value);
      input.disabled = !available.get(input) || !fits;
      reason.textContent = available.get(input) ? (fits ? "" : reason.dataset.unfit) : reason.dataset.reason;
      reason.hidden = !reason.textContent;
      if (input.disabled) input.checked = false;
    }
    const first = profiles.find((input) => !input.disabled);
    if (!chosen("profile") && first) first.checked = true;
    const parts = ["image", "profile", "acting_for"].map((name) => chosen(name)?.dataset.title);
    one("#summary").textContent = parts.filter(Boolean).join(" · ");
    button.disabled = closed || !image || !chosen("profile");
  }

  const search = one("#search");
  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const card of all(".nb-card", form)) {
      const text = card.dataset.words.toLowerCase();
      const fits = words.every((word) => text.includes(word));
      const selected = one("input", card).checked;
      card.hidden = !fits && !selected;
      shown += fits ? 1 : 0;
    }
    one("#none").hidden = shown > 0;
  }
  search.closest("[hidden]").hidden = false;
  search.addEventListener("input", filter);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
    if (event.key === "Escape") { search.value = ""; filter(); }
  });
  one("#clear").addEventListener("click", () => { search.value = ""; filter(); search.focus(); });
  form.addEventListener("change", () => { fit(); filter(); });
  fit();
}
const form = one("#spawn_form");
if (form && one("#search", form)) startPage(form);

function startingPage(panel) {
  const bar = one("#bar"), now = one("#now"), failed = one("#failed"), cancel = one("#cancel");
  const steps = all("[data-step]", panel);
  let over = false;

  function mark(step, bad) {
    const index = steps.findIndex((item) => item.dataset.step === step);
    if (index < 0) return;
    steps.forEach((item, place) => {
      item.className = place < index ? "done" : place === index ? (bad ? "bad" : "now") : "";
      if (place === index && !bad) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
  }
  // The hub sends what was wrong and what to do next as one text, or apart in HTML, which is only read here.
  function sentences(said) {
    const whole = said.message.replace(/^Spawn failed: /, "");
    if (!said.html_message) return [whole];
    const parts = new DOMParser().parseFromString(said.html_message, "text/html");
    const what = one("strong", parts)?.textContent || "";
    return [what, parts.body.textContent.slice(what.length).trim()];
  }
  function fail(what, then = "") {
    over = true;
    source.close();
    const current = steps.find((item) => item.className === "now");
    if (current) mark(current.dataset.step, true);
    failed.replaceChildren(Object.assign(document.createElement("strong"), { textContent: what }), then);
    failed.hidden = false;
    one("#again").hidden = false;
    cancel.hidden = now.hidden = bar.hidden = true;
    one("#again").focus();
  }

  const source = new EventSource(panel.dataset.events);
  source.onmessage = (event) => {
    const said = JSON.parse(event.data);
    if (said.ready) {
      over = true;
      source.close();
      bar.value = 100;
      steps.forEach((item) => { item.className = "done"; });
      location.replace(said.url);
    } else if (said.failed) {
      fail(...sentences(said));
    } else if (said.step) {
      bar.value = said.progress;
      now.textContent = said.message;
      mark(said.step);
    }
  };
  source.onerror = () => {
    if (over) return;
    now.textContent = panel.dataset.away;
    // A closed stream means that the hub has nothing more to say here: its page knows what became of it.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 1500);
  };
  cancel.addEventListener("click", async () => {
    cancel.disabled = true;
    over = true;
    source.close();
    try {
      await call("DELETE", panel.dataset.server, panel.dataset.xsrf);
      fail(panel.dataset.cancelled);
    } catch (error) {
      fail(error.message);
    }
  });
}
const starting = one("#starting");
if (starting) startingPage(starting);

const request = one("#request");
if (request) {
  request.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = { note: one("#note").value, expires_in: Number(one("#days").value) * 86400 };
    try {
      const made = await call("POST", request.dataset.api, request.dataset.xsrf, body);
      one("#token").textContent = made.token;
      one("#made").hidden = false;
      one("#copy").focus();
    } catch (error) {
      complain(request, error);
    }
  });
  one("#copy").addEventListener("click", async (event) => {
    await navigator.clipboard.writeText(one("#token").textContent);
    event.target.textContent = event.target.dataset.done;
  });
}
