// Shows the SMS of one phone as its owner sees them, and sends what the owner types. Asks the stub once a second.
// Everything that comes from outside is put in as text, never as markup.
"use strict";

const byId = (id) => document.getElementById(id);
const phone = decodeURIComponent((location.pathname.match(/^\/phone\/(.+)$/) || [])[1] || "");
const almaty = { timeZone: "Asia/Almaty" };
const hour = new Intl.DateTimeFormat("en-GB", { ...almaty, hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { ...almaty, weekday: "short", day: "numeric", month: "long", year: "numeric" });
const UNDELIVERED = { expired: "expired", deleted: "deleted", undeliverable: "not deliverable", rejected: "rejected" };
const SEEN = "handset-seen:";
let shown = "";
let known = new Set();

function make(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

async function ask(path, options) {
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail || `HTTP ${answer.status}`);
  return answer.json();
}

function spoken(number) {
  return number.replace(/^\+7(\d{3})(\d{3})(\d{2})(\d{2})$/, "+7 $1 $2 $3 $4");
}

function showPhones(phones) {
  byId("no-phones").hidden = phones.length > 0;
  byId("phones").replaceChildren(...phones.map((one) => {
    const link = make("a");
    link.href = `/phone/${one.phone}`;
    if (one.phone === phone) link.setAttribute("aria-current", "page");
    link.append(make("span", "number", spoken(one.phone)));
    const at = make("time", "", one.last_at ? hour.format(new Date(one.last_at)) : "");
    if (one.last_at) at.dateTime = one.last_at;
    link.append(at, make("span", "last", one.last_text || "No messages"));
    if (one.phone === phone) localStorage.setItem(SEEN + phone, one.received);
    const fresh = one.received - Number(localStorage.getItem(SEEN + one.phone) || 0);
    if (fresh > 0) {
      const badge = make("span", "new", fresh);
      badge.setAttribute("aria-label", `${fresh} new`);
      link.append(badge);
    }
    const item = make("li");
    item.append(link);
    return item;
  }));
}

function entries({ messages, replies }) {
  const theirs = messages.filter((sms) => sms.state !== "incomplete" && sms.state !== "accepted").map((sms) => ({
    id: `m${sms.id}`, at: sms.finished_at || sms.accepted_at, side: "theirs", missed: UNDELIVERED[sms.state],
    text: sms.text, note: sms.total > 1 ? `${sms.total} SMS` : "1 SMS",
  }));
  const mine = replies.map((sms) => ({
    id: `r${sms.id}`, at: sms.sent_at, side: "mine", text: sms.text, note: sms.acknowledged_at ? "delivered" : "sending",
  }));
  return [...theirs, ...mine].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

function showMessages(list) {
  const now = JSON.stringify(list);
  if (now === shown) return;
  const box = byId("messages");
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  const first = shown === "";
  shown = now;
  const made = [];
  let last = "";
  for (const sms of list) {
    const when = new Date(sms.at);
    if (day.format(when) !== last) {
      last = day.format(when);
      made.push(make("li", "day", last));
    }
    const item = make("li", `said ${sms.side}`);
    if (sms.missed) item.classList.add("missed");
    if (!first && !known.has(sms.id)) item.classList.add("fresh");
    item.append(make("span", "unseen", sms.side === "mine" ? "You: " : "1414: "));
    item.append(make("div", "text", sms.missed ? `An SMS of 1414 did not arrive: ${sms.missed}` : sms.text));
    const small = make("small");
    const at = make("time", "", hour.format(when));
    at.dateTime = sms.at;
    small.append(at, ` · ${sms.note}`);
    item.append(small);
    made.push(item);
  }
  known = new Set(list.map((sms) => sms.id));
  if (!made.length) made.push(make("li", "empty", "No messages yet. They appear here by themselves."));
  box.replaceChildren(...made);
  if (first || atEnd) box.scrollTop = box.scrollHeight;
}

function trouble(text) {
  byId("trouble").textContent = text;
  byId("trouble").hidden = !text;
}

async function refresh() {
  byId("clock").textContent = hour.format(new Date());
  try {
    const [{ phones }, said] = await Promise.all([
      ask("/admin/phones"),
      phone ? ask(`/admin/messages?phone=${encodeURIComponent(phone)}`) : null,
    ]);
    if (said) showMessages(entries(said));
    showPhones(phones);
    byId("link").classList.remove("lost");
    if (byId("trouble").dataset.link) trouble("");
    delete byId("trouble").dataset.link;
  } catch (error) {
    byId("link").classList.add("lost");
    byId("trouble").dataset.link = "lost";
    trouble("No connection to the SMS centre. Trying again.");
  }
}

async function keepFresh() {
  if (!document.hidden) await refresh();
  setTimeout(keepFresh, 1000);
}

async function send(text) {
  const buttons = document.querySelectorAll("#reply-form button");
  buttons.forEach((button) => { button.disabled = true; });
  try {
    const body = JSON.stringify({ phone, text });
    await ask("/admin/reply", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    trouble("");
    byId("text").value = "";
    fit();
    byId("messages").scrollTop = byId("messages").scrollHeight;
    await refresh();
  } catch (error) {
    trouble(`Not sent: ${error.message}`);
  } finally {
    buttons.forEach((button) => { button.disabled = false; });
    byId("text").focus();
  }
}

function fit() {
  const box = byId("text");
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 2}px`;
}

if (phone) {
  document.body.classList.add("on-phone");
  document.title = `${spoken(phone)} · Handset`;
  byId("welcome").hidden = true;
  byId("handset").hidden = false;
  byId("own-number").textContent = spoken(phone);
  byId("reply-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (byId("text").value.trim()) send(byId("text").value.trim());
  });
  byId("text").addEventListener("input", fit);
  byId("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      byId("reply-form").requestSubmit();
    }
  });
  for (const button of document.querySelectorAll(".quick button")) {
    button.addEventListener("click", () => send(button.textContent));
  }
}
byId("open-form").addEventListener("submit", (event) => {
  event.preventDefault();
  location.href = `/phone/${byId("open-number").value.trim()}`;
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
keepFresh();
