// The survey as grammY's sessions, kept in SQLite by better-sqlite3. `node server.js PORT FILE`.
//
// The library's own webhook on Node's http server. The session is read before and written after the handlers of a message; a
// write is a commit, and the request is answered after it.
"use strict";

const http = require("node:http");
const path = require("node:path");
const modules = process.env.BENCH_MODULES;
const { Bot, session, webhookCallback } = require(path.join(modules, "grammy"));
const Database = require(path.join(modules, "better-sqlite3"));
const { questions, again, thanks } = require("../survey.json");

const SECRET = "bench_secret_0123456789";
const BOT_TOKEN = "7000000001:AAbenchbenchbenchbenchbench";

const [port, file] = process.argv.slice(2);
const database = new Database(file);
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");
database.exec("CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, data TEXT)");
database.exec("CREATE TABLE IF NOT EXISTS finished (sender TEXT PRIMARY KEY, answers TEXT NOT NULL)");

const reading = database.prepare("SELECT data FROM state WHERE key = ?").pluck();
const writing = database.prepare(
  "INSERT INTO state (key, data) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET data = excluded.data",
);
const deleting = database.prepare("DELETE FROM state WHERE key = ?");
const finishing = database.prepare("INSERT INTO finished (sender, answers) VALUES (?, ?)");
const storage = {
  read: (key) => {
    const found = reading.get(key);
    return found === undefined ? undefined : JSON.parse(found);
  },
  write: (key, value) => void writing.run(key, JSON.stringify(value)),
  delete: (key) => void deleting.run(key),
};

function read(question, text) {
  const typed = text.trim();
  if (question.kind === "choice" || question.kind === "yes_no") {
    return question.options.find((option, n) => typed === String(n + 1) || typed.toLowerCase() === option.toLowerCase());
  }
  if (question.kind === "scale") return /^[1-5]$/.test(typed) ? Number(typed) : undefined;
  return typed || undefined;
}

const botInfo = { id: 7000000001, is_bot: true, first_name: "Bot", username: "bench_bot" };
const bot = new Bot(BOT_TOKEN, { botInfo });

// The local provider, where the library hands a finished request to the network.
let ids = 0;
bot.api.config.use((_previous, _method, payload) => {
  const sent = JSON.parse(JSON.stringify(payload));
  const result = { message_id: ++ids, date: 1795000000, chat: { id: sent.chat_id, type: "private" }, text: sent.text };
  return JSON.parse(JSON.stringify({ ok: true, result }));
});

bot.use(session({ initial: () => ({ at: -1, answers: {} }), storage }));
bot.on("message:text", async (ctx) => {
  const here = ctx.session;
  if (here.at < 0) {
    here.at = 0;
    await ctx.reply(questions[0].text);
    return;
  }
  const question = questions[here.at];
  const value = read(question, ctx.message.text);
  if (value === undefined) {
    await ctx.reply(`${again}\n${question.text}`);
    return;
  }
  here.answers[question.name] = value;
  if (here.at + 1 < questions.length) {
    here.at += 1;
    await ctx.reply(questions[here.at].text);
    return;
  }
  finishing.run(String(ctx.from.id), JSON.stringify(here.answers));
  ctx.session = { at: -1, answers: {} };
  await ctx.reply(thanks);
});

http.createServer(webhookCallback(bot, "http", { secretToken: SECRET })).listen(Number(port), "127.0.0.1");
