// The open thread as a list of turns (a question with its runs and answers), derived from state and outbox.

function byTime(one, other) {
  return one.created_at.localeCompare(other.created_at) || one.id.localeCompare(other.id);
}

function viewTime(view) {
  return view.run?.created_at ?? "";
}

function questionOf(view, runId, state, questionsByRun) {
  let run = view.run;
  let id = runId;
  for (let hops = 0; hops < 50; hops += 1) {
    const question = questionsByRun[id] ?? state.messages[run?.message_id];
    if (question?.role === "user") return question.id;
    if (!run?.retry_of) return null;
    id = run.retry_of;
    run = state.runs[id]?.run;
  }
  return null;
}

function answersByRun(messages) {
  const answers = messages.filter((message) => message.role === "assistant");
  return Object.fromEntries(answers.map((message) => [message.run_id, message]));
}

function runEntry(id, view, answer) {
  return { id, view, answer: answer ?? null };
}

function collectRuns(state, questions, answers) {
  const questionsByRun = Object.fromEntries(questions.map((message) => [message.run_id, message]));
  const perQuestion = {};
  const entries = Object.entries(state.runs).sort((one, other) => viewTime(one[1]).localeCompare(viewTime(other[1])));
  for (const [id, view] of entries) {
    const owner = questionOf(view, id, state, questionsByRun) ?? questions.at(-1)?.id ?? "";
    (perQuestion[owner] ??= []).push(runEntry(id, view, answers[id]));
  }
  return perQuestion;
}

function looseAnswers(messages, state) {
  return messages.filter((message) => message.role === "assistant" && !state.runs[message.run_id]);
}

function isShown(entry, state) {
  if (entry.message_id && state.messages[entry.message_id]) return true;
  const rows = [...Object.values(state.active), ...Object.values(state.runs).map((view) => view.run)];
  return rows.some((run) => run?.client_id === entry.client_id);
}

export function pendingMessages(state, outbox) {
  return outbox.filter((entry) => entry.kind === "send" && entry.thread_id === state.thread_id && !isShown(entry, state));
}

export function turnsOf(state, outbox = []) {
  const messages = Object.values(state.messages).sort(byTime);
  const questions = messages.filter((message) => message.role === "user");
  const perQuestion = collectRuns(state, questions, answersByRun(messages));
  const turns = questions.map((message) => ({ key: message.id, message, runs: perQuestion[message.id] ?? [], loose: [] }));
  for (const message of looseAnswers(messages, state)) {
    const owner = turns.findLast((turn) => turn.message?.id === message.parent_id) ?? turns.at(-1);
    if (owner) owner.loose.push(message);
    else turns.push({ key: message.id, message: null, runs: [], loose: [message] });
  }
  if (perQuestion[""]) turns.unshift({ key: "unowned", message: null, runs: perQuestion[""], loose: [] });
  const pending = pendingMessages(state, outbox);
  return [...turns, ...pending.map((entry) => ({ key: entry.client_id, pending: entry, message: null, runs: [], loose: [] }))];
}

// The run whose answer is the last one of the thread.
export function newestAnswer(turns) {
  return turns.flatMap((turn) => turn.runs).findLast((entry) => entry.answer)?.id ?? null;
}

export function activeRun(state) {
  const views = Object.values(state.runs).map((view) => view.run);
  const rows = [...views, ...Object.values(state.active).filter((run) => run.thread_id === state.thread_id)];
  return rows.find((run) => run?.status === "running") ?? rows.find((run) => run?.status === "queued") ?? null;
}
