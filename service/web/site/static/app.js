// What the pages do beyond plain HTML. Nothing here is needed to read; forms work without it.
"use strict";

// -- talking to the server: the whole page comes back, and the parts that are named are swapped

const running = new Map(); // what is being fetched, by the element that asked: the latest wins

async function swap(asker, address, options, targets) {
  running.get(asker)?.abort();
  const stop = new AbortController();
  running.set(asker, stop);
  const places = () => targets.flatMap((each) => [...document.querySelectorAll(each)]);
  places().forEach((each) => each.setAttribute("aria-busy", "true"));
  document.documentElement.classList.add("busy");
  try {
    const answer = await fetch(address, { ...options, signal: stop.signal, headers: { "X-Litwatch": "swap" }, credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.redirected && new URL(answer.url).pathname === "/login") return void (location.href = answer.url);
    tell(page.querySelector("#told")?.innerHTML.trim() || (answer.ok ? "" : said(page.querySelector("main")?.innerText)));
    if (!answer.ok && !targets.some((each) => page.querySelector(each))) return;
    const focused = document.activeElement?.id;
    for (const target of targets) replace(target, page);
    if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus({ preventScroll: true });
    document.dispatchEvent(new CustomEvent("litwatch:swapped"));
    return answer;
  } catch (error) {
    if (error.name !== "AbortError") tell(said("Litwatch cannot be reached. Nothing was changed; try again."));
  } finally {
    if (running.get(asker) === stop) {
      running.delete(asker);
      places().forEach((each) => each.removeAttribute("aria-busy"));
    }
    if (!running.size) document.documentElement.classList.remove("busy");
  }
}

function replace(target, page) {
  const found = page.querySelector(target);
  const old = document.querySelector(target);
  if (!old) return;
  if (!found) return old.remove();
  const at = old.matches("[data-item]") && old === document.activeElement;
  const fresh = document.importNode(found, true);
  old.replaceWith(fresh);
  enliven(fresh);
  if (at) fresh.focus({ preventScroll: true });
}

function said(text) {
  const p = document.createElement("p");
  p.className = "told";
  p.textContent = (text || "Something went wrong.").trim().slice(0, 300);
  return p.outerHTML;
}

let fading;
function tell(html) {
  const place = document.getElementById("told");
  if (!place || !html) return;
  place.innerHTML = html; // ours: the server has escaped it, or `said` has
  clearTimeout(fading);
  fading = setTimeout(() => (place.innerHTML = ""), 7000);
}

function send(form, button) {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form, button)) if (typeof value === "string") body.append(name, value);
  const targets = (button?.dataset.swap || form.dataset.swap).split(",").map((each) => each.trim());
  const address = new URL(button?.getAttribute("formaction") || form.getAttribute("action") || location.href, location.href);
  if ((button?.getAttribute("formmethod") || form.method) === "post") return swap(form, address, { method: "POST", body }, targets);
  address.search = new URLSearchParams([...body].filter(([, value]) => value)).toString();
  if ("push" in form.dataset) {
    history.pushState({}, "", address);
    looking = here();
  }
  return swap(form, address, {}, targets);
}

let waiting; // to send a form that is being filled in
document.addEventListener("submit", (event) => {
  const form = event.target;
  const asked = event.submitter?.dataset.confirm || form.dataset.confirm;
  if (asked && !confirm(asked)) return event.preventDefault();
  if (!form.dataset.swap || (event.submitter && "whole" in event.submitter.dataset)) return;
  event.preventDefault();
  clearTimeout(waiting); // Enter in a field changes it, too: what was pressed is what counts
  send(form, event.submitter);
});

// A step back to what another search showed; a link within the page is a step, too, and keeps it.
const here = () => location.pathname + location.search;
let looking = here();
window.addEventListener("popstate", () => here() !== looking && location.reload());

// -- forms that answer while they are being filled in: <form data-swap data-live>; the button with
// data-preview is what is pressed. A field with data-quiet changes no answer; a button with
// data-swap of its own swaps those parts instead

function live(event) {
  const form = event.target.form;
  if (!form || !("live" in form.dataset) || !event.target.name || "quiet" in event.target.dataset) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => send(form, form.querySelector("[data-preview]")), event.type === "change" ? 30 : 400);
}
document.addEventListener("input", live);
document.addEventListener("change", live);

// -- a slider shows its number: <input type=range data-shows="id" data-as="percent">

document.addEventListener("input", ({ target }) => {
  const shown = target.dataset?.shows && document.getElementById(target.dataset.shows);
  if (shown) shown.textContent = target.dataset.as === "percent" ? `${Math.round(target.value * 100)} %` : Number(target.value).toFixed(2).replace(/\.?0+$/, "");
});

// -- keys

const items = () => [...document.querySelectorAll("[data-list] [data-item]")].filter((each) => each.offsetParent);
const chosen = () => document.activeElement?.closest?.("[data-item]");

function move(by) {
  const all = items();
  if (!all.length) return;
  const at = all.indexOf(chosen());
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

let going = 0; // when g was pressed
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input:not([type=range],[type=checkbox],[type=radio]), textarea, select, dialog")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const act = keyed(event.key);
  if (act) {
    event.preventDefault();
    act();
  }
});

function keyed(key) {
  if (Date.now() - going < 1500) {
    going = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
    if (link) return () => link.click();
  }
  if (key === "g") return () => (going = Date.now());
  if (key === "j") return () => move(1);
  if (key === "k") return () => move(-1);
  if (key === "/") return () => (document.querySelector("main [data-find]") || document.querySelector("[data-find]"))?.select();
  if (key === "?") return () => document.getElementById("keys")?.showModal();
  const pressed = chosen()?.querySelector(`[data-key="${CSS.escape(key)}"]`);
  return pressed && (() => pressed.click());
}

// -- what is done to a page, and to each part that comes later

const within = (part, wanted) => [...(part.matches?.(wanted) ? [part] : []), ...part.querySelectorAll(wanted)];

function enliven(part) {
  for (const each of within(part, "time[data-local]")) {
    const at = new Date(each.dateTime);
    const style = each.dataset.local === "day" ? { dateStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" };
    if (!isNaN(at)) each.title = each.textContent, (each.textContent = new Intl.DateTimeFormat(undefined, style).format(at));
  }
  for (const each of within(part, "[data-script]")) each.hidden = false; // controls that need this file
  for (const each of within(part, "[data-noscript]")) each.hidden = true; // and their stand-ins
  // what is still being done is looked at again: <div data-again="2000" data-target="#id">
  for (const each of within(part, "[data-again]")) lookAgain(each);
  for (const each of within(part, "[data-copy]")) {
    each.hidden = false;
    each.addEventListener("click", async () => {
      await navigator.clipboard.writeText(each.dataset.copy);
      tell(said("Copied."));
    });
  }
}

function lookAgain(part) {
  setTimeout(() => {
    if (!part.isConnected) return;
    if (document.hidden) return lookAgain(part);
    swap(part, location.href, {}, [part.dataset.target]);
  }, Number(part.dataset.again));
}

enliven(document);
const help = document.querySelector("[data-keys]");
if (help) {
  help.hidden = false;
  help.addEventListener("click", () => document.getElementById("keys").showModal());
}
setTimeout(() => document.querySelector("#told .told")?.remove(), 7000);
