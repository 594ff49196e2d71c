// The console: one page over the container's own JSON. What comes from the server is put in as text, never as HTML and never as an address.
// A view makes the whole panel from what is known; draw() changes in the document only what differs, so that focus and selections stay.

const EVERY = 2000; // milliseconds between two looks at the overview
const READING = 'Reading …';
const TIME = {type: 'datetime-local'};
const HIDDEN = {'aria-hidden': 'true'};
const REASON = {rows: 3, required: true, maxlength: 500};
const LISTED = 100; // rows of a list
const SHOWN = 20000; // characters of a payload, until somebody asks for all of it

// Elements

const $ = id => document.getElementById(id);
const EVENTS = ['onclick', 'onchange', 'oninput', 'onsubmit'];

/** An element, p.note say. Texts are text; attributes are the page's own words; a key says which element is the same one the next time. */
function h(what, props, ...kids) {
  if (props?.constructor !== Object) {kids.unshift(props); props = {};}
  const [tag, ...kinds] = what.split('.');
  const made = tag.startsWith('svg:') ? document.createElementNS('http://www.w3.org/2000/svg', tag.slice(4)) : document.createElement(tag);
  if (kinds.length) props = {...props, class: [...kinds, props.class].join(' ').trim()};
  for (const [name, value] of Object.entries(props)) {
    if (value == null || value === false) continue;
    if (name === 'key') made._key = value;
    else if (EVENTS.includes(name)) made[name] = value;
    else if (name === 'href' && value[0] !== '#') continue;
    else if (name === 'value') {made.value = value; made._value = value;}
    else if (name === 'checked') {made.checked = value; made._checked = value;}
    else made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...kids.flat(9).filter(kid => kid != null && kid !== false).map(kid => kid instanceof Node ? kid : String(kid)));
  return made;
}

/** Makes the children of a box these, with as few changes as there can be. */
function draw(box, kids) {
  const keyed = new Map();
  for (const child of box.childNodes) if (child._key !== undefined) keyed.set(child._key, child);
  let at = box.firstChild;
  for (const kid of kids) {
    const mine = kid._key === undefined ? at : keyed.get(kid._key);
    if (!mine || mine._key !== kid._key || mine.nodeName !== kid.nodeName) {box.insertBefore(kid, at); continue;}
    if (mine === at) at = at.nextSibling; else box.insertBefore(mine, at);
    if (mine.nodeType === Node.TEXT_NODE) {if (mine.data !== kid.data) mine.data = kid.data;} else alike(mine, kid);
  }
  while (at) {const next = at.nextSibling; at.remove(); at = next;}
}

function alike(mine, kid) {
  for (const {name} of [...mine.attributes]) if (!kid.hasAttribute(name) && name !== 'open') mine.removeAttribute(name);
  for (const {name, value} of kid.attributes) if (mine.getAttribute(name) !== value && !(name === 'open' && mine._key !== undefined)) mine.setAttribute(name, value);
  for (const event of EVENTS) if (mine[event] !== kid[event]) mine[event] = kid[event] || null;
  if (mine.nodeName === 'TEXTAREA') return;
  draw(mine, [...kid.childNodes]);
  if (kid._value !== mine._value) {mine.value = kid._value; mine._value = kid._value;}
  if (kid._checked !== undefined && mine.checked !== kid._checked) mine.checked = kid._checked;
}

// Words and numbers

const n = (value, digits = 0) => value == null ? '–' : value.toLocaleString('en', {maximumFractionDigits: digits});
/** What is counted up to 10,000. */
const upTo = value => value >= 10000 ? '10,000 or more' : n(value);
const many = (value, one, more) => `${n(value)} ${value === 1 ? one : more || one + 's'}`;
const now = () => Date.now() + my.ahead;
const given = Number.isFinite;

function long(seconds) {
  if (!given(seconds)) return '–';
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min${s < 600 && s % 60 ? ` ${s % 60} s` : ''}`;
  if (s < 172800) return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
  return many(Math.round(s / 86400), 'day');
}

/** An instant in the viewer's zone, with UTC on hover; or how long ago it was. */
function when(text, ago) {
  const date = new Date(text);
  if (!text || isNaN(date)) return dim('–');
  const shown = ago ? `${long((now() - date) / 1000)} ago`
    : (date.toDateString() === new Date().toDateString() ? '' : `${date.toLocaleDateString('en-GB', {day: 'numeric', month: 'short', year: 'numeric'})} `) + date.toLocaleTimeString('en-GB');
  return h('time', {datetime: date.toISOString(), title: `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`}, shown);
}

const MARKS = {ok: '●', warn: '▲', bad: '■', idle: '○', run: '◐'};
const mark = kind => span({class: `mark ${kind === 'run' || kind === 'idle' ? 'muted' : kind}`, 'aria-hidden': 'true'}, MARKS[kind]);
const KINDS = {ok: 'idle done applied replayed PASS', run: 'running received counting', warn: 'paused waiting blocked unverified MANUAL WAIVED', bad: 'dead failed forbidden FAIL'};
const known = word => Object.keys(KINDS).find(kind => KINDS[kind].split(' ').includes(word)) || 'idle';
const says = (word, text) => h('span.state', mark(known(word)), span(text || word || '–'));

/** A bar of parts [class, size] out of a total. */
function bar(parts, total, more = '') {
  let x = 0;
  return h('svg:svg', {class: `bar ${more}`, ...HIDDEN}, [['track', total], ...parts].map(([kind, size], i) => {
    const width = Math.min(100 - x, 100 * size / total || 0);
    const rect = h('svg:rect', {class: kind, x: `${x}%`, width: `${width}%`, height: '100%'});
    if (i) x += width;
    return rect;
  }));
}
const legend = (...parts) => h('ul.legend', parts.map(part => part && h('li', swatch(part[0]), h('b', n(part[1])), dim(part[2]))));
const swatch = kind => h('svg:svg.swatch', HIDDEN, h('svg:rect', {class: kind, width: '100%', height: '100%'}));

/** A table in a box of its own, which alone may scroll sideways. Heads: a text, or [text, class]. */
function table(caption, heads, rows, more) {
  return h('div.tablebox', {tabindex: '0', role: 'region', 'aria-label': caption, key: `table ${caption}`}, h('table', {class: more},
    h('caption.vh', caption),
    h('thead', tr(heads.map(head => Array.isArray(head) ? h('th', {scope: 'col', class: head[1]}, head[0]) : h('th', {scope: 'col'}, head)))),
    h('tbody', rows)));
}
const td = (kind, ...kids) => h('td', {class: kind}, ...kids);
const th = (...kids) => h('th', {scope: 'row'}, ...kids);
const card = (title, ...kids) => h('section.card', {key: title}, title && h('h2', title), ...kids);
const empty = (...kids) => h('p.empty', ...kids);
const facts = (...pairs) => h('dl.facts', pairs.filter(pair => pair && pair[1] != null && pair[1] !== '').map(([name, value]) => [h('dt', name), h('dd', value)]));
const button = (text, onclick, kind, more) => h('button', {type: 'button', class: kind, onclick, ...more}, text);
const span = (...kids) => h('span', ...kids);
const tr = (...kids) => h('tr', ...kids);
const note = (...kids) => h('p.note', ...kids);
const why = (...kids) => h('p.why', {role: 'alert'}, ...kids);
const dim = (...kids) => h('span.muted', ...kids);
const buttons = (...kids) => h('div.buttons', ...kids);
const actions = () => h('span.vh', 'Actions');
const tabs = (on, ...all) => h('div.tabs', all.map(tab => tab && h('a', {href: `#${tab[1]}`, 'aria-current': tab[0] === on && 'page'}, tab[2])));
const opener = id => button(String(id) === arg('item') ? 'Close' : 'Open', () => stay({item: String(id) === arg('item') ? null : id}), 'plain', {'aria-expanded': String(String(id) === arg('item'))});
const head = (title, ...kids) => h('div.head', h('h1', {id: 'title', tabindex: '-1'}, title), ...kids);

/** A payload as text: pretty where it is JSON, and its beginning where it is long. */
function payload(id, value) {
  let text = String(value ?? '');
  if (text.length < 300000) try {text = JSON.stringify(JSON.parse(text), null, 2);} catch {/* as it is */}
  const all = my.unfolded.has(id) || text.length <= SHOWN;
  return [h('pre.payload', {tabindex: '0', 'aria-label': 'Payload'}, all ? text : text.slice(0, SHOWN)),
    !all && button(`Show all ${n(text.length)} characters`, () => {my.unfolded.add(id); render();}, 'plain')];
}

/** The row below the one that is opened. */
function opened(item, colspan) {
  const one = data('opened');
  return tr({key: `${item} opened`}, h('td', {colspan}, h('h3', 'Payload'), one.error ? why(one.error) : one.asked === item && one.value ? payload(item, one.value.body ?? one.value.payload) : READING));
}

const small = value => {const text = typeof value === 'string' ? value : JSON.stringify(value) ?? ''; return text.length > 160 ? `${text.slice(0, 160)}…` : text;};

/** Fields of a change: old and new where both are known, else what was sent. */
function changes(change, sent) {
  const fields = Object.entries(change || sent || {});
  if (typeof sent === 'string' || !fields.length) return small(sent ?? '–');
  const side = value => value == null ? 'nothing' : small(value);
  return h('dl.change', fields.slice(0, 12).map(([name, value]) => [h('dt', name), h('dd', change ? [h('del', side(value?.old)), ' → ', side(value?.new)] : small(value))]),
    fields.length > 12 && [h('dt', '…'), h('dd', `${fields.length - 12} more`)]);
}

// What is known

const nothing = () => ({token: null, why: '', me: null, overview: null, seen: 0, ahead: 0, lost: null, failures: 0, preflight: null, unfolded: new Set(), chosen: new Set(), data: {}, upload: {}});
const my = {...nothing(), token: sessionStorage.getItem('token'), oidc: null};
const may = row => !!my.me?.may.includes(row);
let place = {panel: 'now', q: new URLSearchParams()};

/** Where the page is stands in its address: #panel?search=…&item=…; so back, forward and a link work. */
function read() {
  const [panel, query] = location.hash.slice(1).split('?');
  place = {panel: Object.hasOwn(PANELS, panel) ? panel : null, q: new URLSearchParams(query || '')};
  if (my.me && !(place.panel && open(place.panel))) place.panel = Object.keys(PANELS).find(open) || 'now';
  place.panel ||= 'now';
}
function go(panel, params) {
  const q = new URLSearchParams(Object.entries(params || {}).filter(([, value]) => value));
  location.hash = q.size ? `${panel}?${q}` : panel;
}
const arg = name => place.q.get(name);
const stay = params => go(place.panel, {...Object.fromEntries(place.q), ...params});

const problem = (status, message, retry) => Object.assign(new Error(message), {status, retry});

/** Calls the container. A 401 ends the session; what is no success is a problem with the server's own words. */
async function call(method, path, {body, type, accept, key, stream, within = 15000} = {}) {
  const token = my.token;
  const headers = {Authorization: `Bearer ${token}`, ...(type && {'Content-Type': type}), ...(accept && {Accept: accept}), ...(key && {'Idempotency-Key': key})};
  let answer, text;
  try {
    answer = await fetch(path, {method, headers, body, signal: AbortSignal.timeout(within), cache: 'no-store', redirect: 'error', credentials: 'omit'});
    if (answer.ok && stream) return answer;
    text = await answer.text();
  } catch (e) {
    throw problem(0, e.name === 'TimeoutError' ? 'it does not answer in time' : 'it cannot be reached');
  }
  let found = null;
  try {found = JSON.parse(text);} catch { /* not JSON */ }
  if (answer.ok) return found;
  if (answer.status === 401 && token === my.token) leave('The token does not count any more: it has ended, or was taken back. Log in again.');
  throw problem(answer.status, found?.detail || found?.title || `the container answers ${answer.status}`, Number(answer.headers.get('Retry-After')));
}
/** A path, whose parts are no paths. */
const at = (texts, ...parts) => texts.reduce((path, text, i) => path + encodeURIComponent(parts[i - 1]) + text);
const get = path => call('GET', path);
const send = (path, body, more) => call('POST', path, {body: body === undefined ? undefined : JSON.stringify(body), type: 'application/json', ...more});
const query = params => {const q = new URLSearchParams(Object.entries(params).filter(([, value]) => value != null && value !== '')); return q.size ? `?${q}` : '';};

/** The first lines of an NDJSON answer, of any length; whether that was all. */
async function lines(path, most) {
  const answer = await call('GET', path, {stream: true, accept: 'application/x-ndjson'});
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const found = [];
  let rest = '';
  for (;;) {
    const {done, value} = await reader.read();
    const texts = (rest + (value || '')).split('\n');
    rest = done ? '' : texts.pop();
    for (const text of texts) if (text.trim()) found.push(JSON.parse(text));
    if (done) return {found, all: true};
    if (found.length >= most) {reader.cancel(); return {found: found.slice(0, most), all: false};}
  }
}

// In and out

function leave(why) {
  Object.assign(my, nothing(), {why});
  sessionStorage.removeItem('token');
  if ($('ask').open) $('ask').close();
  render();
  $('token').focus();
}

async function enter(token) {
  my.token = token; my.why = '';
  try {
    my.me = await get('/ops/me');
  } catch (e) {
    const why = e.status === 401 ? 'This token does not count here.' : e.status === 429 ? `Too many wrong tokens came from this address. Try again in ${long(e.retry)}.` : `The container did not let you in: ${e.message}.`;
    leave(why);
    return;
  }
  sessionStorage.setItem('token', token);
  read();
  render();
  $('title')?.focus();
  tick();
}

const base64 = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/[+/=]/g, sign => ({'+': '-', '/': '_'})[sign] || '');
const random = () => base64(crypto.getRandomValues(new Uint8Array(32)));
const here = () => location.origin + location.pathname;

/** Authorization code with PKCE: to the provider, and back to this address with a code. */
async function toProvider() {
  if (!crypto.subtle) {my.why = 'Your browser offers this only over HTTPS, or on localhost.'; render(); return;}
  const kept = {verifier: random(), state: random(), hash: location.hash};
  sessionStorage.setItem('oidc', JSON.stringify(kept));
  const challenge = base64(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(kept.verifier)));
  const url = new URL(my.oidc.authorizationUrl);
  if (!['https:', 'http:'].includes(url.protocol)) return;
  for (const [name, value] of Object.entries({response_type: 'code', client_id: my.oidc.clientId, scope: my.oidc.scope, redirect_uri: here(), state: kept.state, code_challenge: challenge, code_challenge_method: 'S256'})) url.searchParams.set(name, value);
  location.assign(url);
}

async function fromProvider(asked) {
  const kept = JSON.parse(sessionStorage.getItem('oidc') || 'null');
  sessionStorage.removeItem('oidc');
  history.replaceState(null, '', location.pathname + (kept?.hash || ''));
  if (asked.get('error')) return leave(`Your identity provider said no: ${small(asked.get('error'))}.`);
  if (kept?.state !== asked.get('state')) return leave('This login was not begun in this tab. Begin again.');
  try {
    const given = await send('/console/token', {code: asked.get('code'), verifier: kept.verifier, redirectUri: here()});
    await enter(given.token);
  } catch (e) {
    leave(`The login did not succeed: ${e.message}.`);
  }
}

function loginView() {
  return [h('div.card', h('h1', {id: 'title', tabindex: '-1'}, 'salesloft-integration'),
    my.why && why(my.why),
    h('form', {onsubmit: e => {e.preventDefault(); const token = $('token').value.trim(); if (token) {$('token').value = ''; enter(token);}}},
      h('label', 'Token', h('input', {id: 'token', type: 'password', autocomplete: 'off', spellcheck: 'false', required: true})),
      h('button', {type: 'submit', class: 'main'}, 'Log in')),
    my.oidc && button('Log in with your identity provider', toProvider),
    note('The token is kept for this tab only.'))];
}

// Saying and asking

let saying = [];
function say(text, bad) {
  const one = {text, bad};
  saying = [...saying.slice(-2), one];
  const drop = () => {saying = saying.filter(other => other !== one); render();};
  one.drop = drop;
  setTimeout(drop, bad ? 20000 : 6000);
  render();
}

/** Does something, says what came of it, and looks again. */
async function act(what, done) {
  try {
    const answer = await what();
    say(typeof done === 'function' ? done(answer) : done);
  } catch (e) {
    if (my.token) say(`That did not work: ${e.message}`, true);
  }
  for (const kept of Object.values(my.data)) kept.due = 0;
  tick();
}

/** Asks before something is done; answers what was filled in, or null. Fields: [name, label, attributes]. */
function ask({title, text, fields = [], yes, danger}) {
  const dialog = $('ask');
  return new Promise(resolve => {
    let answer = null;
    const inputs = fields.map(([name, label, more = {}]) => [name, label, h(more.rows ? 'textarea' : 'input', {name, id: `ask-${name}`, autocomplete: 'off', ...more})]);
    draw(dialog, [h('form.stack', {key: `${title} ${Date.now()}`, onsubmit: e => {e.preventDefault(); answer = Object.fromEntries(inputs.map(([name, , input]) => [name, input.value.trim()])); dialog.close();}},
      h('h2', {id: 'ask-title'}, title),
      [text].flat().filter(Boolean).map(part => part instanceof Node ? part : h('p', part)),
      inputs.map(([, label, input]) => h('label', label, input)),
      buttons(button('Leave it', () => dialog.close(), '', {id: 'ask-no'}), h('button', {type: 'submit', class: danger ? 'danger' : 'main', id: 'ask-yes'}, yes)))]);
    dialog.onclose = () => {dialog.onclose = null; resolve(answer);};
    dialog.showModal();
    (inputs[0]?.[2] || (danger ? $('ask-no') : $('ask-yes'))).focus();
  });
}

// Looking

let clock;
let looking = false;
let again = false;
async function tick() {
  clearTimeout(clock);
  again = looking;
  if (!my.me || document.hidden || looking) return;
  looking = true;
  try {
    await look();
    my.lost = null; my.failures = 0;
  } catch (e) {
    if (my.token) {my.failures++; my.lost = {down: e.status, why: e.message};}
  } finally {
    looking = false;
  }
  render();
  clearTimeout(clock);
  clock = setTimeout(tick, again ? 0 : my.failures ? Math.min(15000, EVERY * 2 ** (my.failures - 1)) : EVERY);
}

async function look() {
  const panel = place.panel;
  if (may('GET /ops/overview')) {
    const seen = await get('/ops/overview');
    my.ahead = new Date(seen.at) - Date.now() || 0;
    my.overview = seen;
  } else if (may('GET /sync/status')) {
    // Who writes sees how the pulls and his jobs do.
    const seen = await get('/sync/status');
    my.overview = {pause: {paused: seen.paused}, sync: Object.entries(seen.resources).map(([resource, one]) => ({resource, ...one}))};
  }
  my.seen = Date.now();
  await PANELS[panel][2]?.();
}

/** What a panel has read under a name: again when it is due, or when what was asked for is another. The panel says what went wrong with it. */
async function fresh(name, asked, every, reading) {
  const kept = my.data[name];
  if (kept && kept.asked === asked && Date.now() < kept.due) return;
  const next = {asked, value: kept?.asked === asked ? kept.value : undefined, due: Date.now() + every};
  try {
    next.value = await reading(); next.error = null;
  } catch (e) {
    if (!my.token || !e.status || e.status >= 500) throw e;
    next.error = e.message; next.status = e.status;
  }
  if (my.token) my.data[name] = next;
}
const data = name => my.data[name] || {};
const reading = (name, what) => data(name).error ? why(data(name).error) : data(name).value === undefined ? empty(READING) : !data(name).value.length && what;

// What is wrong

/** The worst first. */
function problems(o) {
  const {health, pause: held, rollback: run, sync = [], deadLetters: dead, jobs, outbox, budget, checklist} = o || {};
  const found = [];
  const add = (kind, text, panel) => found.push({kind, text, panel});
  if (health && health.status !== 'healthy') add('bad', 'SalesLoft does not answer, or not to us: nothing is pulled or written until it does.', 'now');
  else if (health?.breaker && health.breaker !== 'closed') add('bad', 'The circuit breaker is open: calls to SalesLoft are held back for half a minute at a time.', 'now');
  const ran = {failed: 'The last rollback failed.', running: 'A rollback is running.', blocked: 'A rollback waits for somebody to revert by hand.', unverified: 'The last rollback could not be verified.'}[run?.state];
  if (ran) add(run.state === 'failed' ? 'bad' : 'warn', ran, 'rollback');
  if (held?.paused) add('warn', `Paused${held.by ? ` by ${held.by}` : ''}${held.reason ? `: ${held.reason}` : '.'}`, 'now');
  for (const one of sync) {
    if (one.error || one.state === 'forbidden') add('warn', `Pull of ${one.resource}: ${one.error || one.state}`, 'sync');
    else if (one.lagSeconds > 900 && one.state !== 'running' && !held?.paused) add('warn', `The mirror of ${one.resource} is ${long(one.lagSeconds)} behind.`, 'sync');
  }
  if (dead > 0) add('warn', `Dead letters, to be looked at and replayed: ${upTo(dead)}.`, 'events');
  if (jobs?.waitsForApproval > 0) add('warn', `Jobs that wait for an approval: ${jobs.waitsForApproval}.`, 'jobs');
  if (outbox?.oldestSeconds > 60) add('warn', `The stream to Kafka is ${long(outbox.oldestSeconds)} behind, ${many(outbox.waiting, 'change')} wait.`, 'now');
  if (budget?.limit > 0 && budget.remaining === 0) add('warn', 'The points of this window are used up; calls wait for the next.', 'budget');
  if (checklist?.failed > 0) add('warn', `Items of the go-live checklist that failed: ${checklist.failed}.`, 'checklist');
  return found.sort((a, b) => (b.kind === 'bad') - (a.kind === 'bad'));
}

function verdict() {
  const found = problems(my.overview);
  if (my.lost) return {kind: 'bad', text: `${my.lost.down ? 'The container cannot say how it does' : 'No answer from the container'}: ${my.lost.why}. What you see is ${long((Date.now() - my.seen) / 1000)} old.`, found};
  if (!my.overview) return {kind: 'run', text: 'Looking…', found};
  if (!found.length) return {kind: 'ok', text: 'All is well', found};
  return {kind: found[0].kind, text: found.length === 1 ? found[0].text : `${found.length} things need attention`, found};
}

const pulling = one => says(one.error ? 'failed' : one.state === 'waiting' ? 'running' : one.state, one.state);
const working = one => one.state === 'running' && given(one.pulled) ? h('div.progress', progress(one)) : given(one.records) ? dim('about ', many(one.records, 'record')) : '';
const progress = one => one.total > 0 ? [bar([['s0', one.pulled]], one.total), h('span.note', `${n(one.pulled)} of ${n(one.total)}`, given(one.etaSeconds) && `, ${long(one.etaSeconds)} left`)]
  : h('span.note', `${n(one.pulled)} so far`);

// The panels

const PARTS = [['bulk', 's0', 'bulk: pulls and large jobs'], ['interactive', 's1', 'interactive: small jobs, people who wait'], ['health', 's2', 'health: is SalesLoft there']];
function budgetParts(b) {
  const by = b.byPriority || {};
  const others = Math.max(0, b.spent - PARTS.reduce((sum, [name]) => sum + (by[name] || 0), 0));
  return [...PARTS.map(([name, kind, text]) => [kind, by[name] || 0, text]), ...(others ? [['s3', others, 'others: the team’s other integrations']] : [])];
}

function nowView({health, pause: held, budget, events, outbox, jobs, sync = [], replicas, rollback, checklist, release, deadLetters: dead}) {
  const {found} = verdict();
  const paused = held?.paused;
  const busy = sync.filter(one => one.state === 'running');
  const filling = busy.filter(one => one.total > 0).sort((a, b) => b.total - a.total)[0];
  const mirrored = sync.filter(one => given(one.records));
  return [head('Now', buttons(
    may('POST /ops/pause') && !paused && button('Pause…', pause), may('POST /ops/resume') && paused && button('Resume…', resume, 'main'))),
  h('div', {class: `banner ${found.length ? found[0].kind : ''}`},
    h('strong', found.length ? found[0].kind === 'bad' ? 'Something is wrong' : 'Something needs attention' : 'All is well', !found.length && !!filling && ', and the mirror is being filled'),
    found.length ? h('ul', found.map(one => h('li', mark(one.kind), span(one.text, one.panel !== 'now' && open(one.panel) && [' ', h('a', {href: `#${one.panel}`}, 'Look')]))))
      : h('p.muted', busy.length ? busy.map(one => one.resource + (given(one.etaSeconds) ? `: ${long(one.etaSeconds)} left` : '')).join(', ') : 'SalesLoft answers, and nothing waits for you.')),
  h('div.tiles',
    health && tile('SalesLoft', h('span.state', mark(health.connected ? 'ok' : 'bad'), health.connected ? 'connected' : 'away'),
      [health.connected && given(health.latencyMs) && `answers in ${n(health.latencyMs)} ms, `, `breaker ${health.breaker}`]),
    held && tile('Pull and push', paused ? h('span.warn', 'paused') : busy.length || jobs?.running ? 'at work' : 'at rest', paused ? [held.by && `by ${held.by} `, held.since && when(held.since)] : 'not paused'),
    budget && tile('Points of this window', budget.limit > 0 ? [n(budget.remaining), h('small', ` of ${n(budget.limit)} left`)] : [n(budget.spent), h('small', ' spent, no limit')],
      budget.limit > 0 && bar(budgetParts(budget), budget.limit)),
    tile('Mirror', filling ? [n(filling.pulled), h('small', ` of ${n(filling.total)} ${filling.resource}`)] : mirrored.length ? [n(mirrored.reduce((sum, one) => sum + one.records, 0)), h('small', ' records, about')] : '–',
      filling ? [bar([['s0', filling.pulled]], filling.total), given(filling.etaSeconds) && `${long(filling.etaSeconds)} left`] : `${many(sync.length, 'list')}, ${many(busy.length, 'pull')} running`),
    events && tile('Events from SalesLoft', events.lastAt ? when(events.lastAt, true) : 'none yet', `${upTo(events.waiting)} wait to be applied`),
    outbox && tile('Stream to Kafka', outbox.waiting ? [n(outbox.waiting), h('small', ' wait')] : 'empty', outbox.waiting ? `the oldest for ${long(outbox.oldestSeconds)}` : 'everything is sent'),
    jobs && tile('Jobs', jobs.running ? [n(jobs.running), h('small', ' running')] : 'none running', `${n(jobs.queued)} queued, ${n(jobs.paused)} paused, ${n(jobs.waitsForApproval)} wait for approval`),
    given(dead) && tile('Dead letters', span({class: dead ? 'warn' : ''}, upTo(dead)), dead ? 'to be looked at, and replayed' : 'nothing was refused')),
  h('div.two',
    card('Pulls', sync.length ? table('Pulls', ['List', 'State', ['Progress', 'wide'], ['Behind', 'num']], sync.map(one => tr({key: one.resource}, th(one.resource), td('', pulling(one)),
      td('wide', working(one)), td('num', long(one.lagSeconds)))), 'tight')
      : empty('Each list that is pulled would stand here.')),
    release && card('Release', facts(['Release', h('span.mono', release)], ['Rollback', rollback ? [says(rollback.state), ' ', when(rollback.at)] : 'none so far'],
      ['Checklist', checklist ? `${n(checklist.passed)} passed, ${n(checklist.failed)} failed` : 'not run yet'],
      ['Replicas', replicas && (replicas.length ? h('ul', replicas.map(one => h('li', h('span.mono', one.name), ' since ', when(one.since), h('div.note', one.leases.join(', '))))) : 'none holds work that only one may do')])))];
}
const tile = (title, big, more) => h('section.card.tile', {key: title}, h('h2', title), h('div.big', big), more && h('p', more));

async function pause() {
  const given = await ask({title: 'Pause pull and push?', text: 'On all replicas, until somebody resumes. Webhooks are still applied; cadences that run in SalesLoft keep sending.',
    fields: [['reason', 'Why? Whoever looks here next will read it.', REASON]], yes: 'Pause'});
  if (given) act(() => send('/ops/pause', {reason: given.reason}), 'Paused.');
}
async function resume() {
  const given = await ask({title: 'Resume pull and push?', text: 'They go on where they stopped.', fields: [['reason', 'Why now? (may be left empty)', {rows: 2, maxlength: 500}]], yes: 'Resume'});
  if (given) act(() => send('/ops/resume', given.reason ? {reason: given.reason} : {}), 'Resumed: pull and push go on.');
}

function budgetView(o) {
  const b = o.budget;
  if (!b) return [head('Budget'), card('', empty('The points of the window would stand here.'))];
  const parts = budgetParts(b);
  return [head('Budget'),
    card(b.limit > 0 ? `This window: ${n(b.spent)} of ${n(b.limit)} points spent` : `This window: ${n(b.spent)} points spent, no limit is set`,
      bar(parts, b.limit > 0 ? b.limit : Math.max(1, b.spent), 'tall'),
      legend(...parts, b.limit > 0 && ['track', b.remaining, 'left']),
      b.windowEndsAt && note(`A window is ${long(b.windowSeconds)}; this one ends in ${long((new Date(b.windowEndsAt) - now()) / 1000)}.`)),
    card('The last hour', hour(b))];
}

/** Points a minute as a line, the bulk share of it as an area. */
function hour(b) {
  const points = (b.hour || []).map(one => ({at: +new Date(one.at), bulk: one.bulk, all: one.bulk + one.health + one.interactive}));
  if (points.length < 2) return empty('Each minute would be a point of a line here; nothing was spent yet.');
  const begin = points[0].at;
  const length = points.at(-1).at - begin;
  const most = Math.max(...points.map(one => one.all));
  const limit = b.windowSeconds >= 60 ? b.limit : 0;
  const top = Math.max(limit && most > limit / 4 ? limit : 0, Math.ceil(most / 20) * 20, 20);
  const y = value => 200 - 200 * value / top;
  const path = name => points.map(one => `${(1000 * (one.at - begin) / length).toFixed(1)},${y(one[name]).toFixed(1)}`).join(' ');
  const text = `The most was ${many(most, 'point')}${limit ? ` of ${n(limit)}` : ''}.`;
  return [h('div.chart',
    h('div.y', HIDDEN, [1, 0.5, 0].map(part => span(n(top * part)))),
    h('svg:svg', {viewBox: '0 0 1000 200', preserveAspectRatio: 'none', role: 'img', 'aria-label': `Points spent in the last hour. ${text}`},
      [0, 100, 200].map(height => h('svg:line.rule', {x2: 1000, y1: height, y2: height})),
      limit > 0 && limit <= top && h('svg:line.limit', {x2: 1000, y1: y(limit), y2: y(limit)}),
      h('svg:polygon.area', {points: `0,200 ${path('bulk')} 1000,200`}),
      h('svg:polyline.stroke', {points: path('all')})),
    h('div.x', HIDDEN, [0, 1, 2, 3].map(quarter => span(new Date(begin + length * quarter / 4).toLocaleTimeString('en-GB').slice(0, 5))), span('now'))),
  note(`The line is all of it, the area below it bulk. ${text}`),
  h('details', {key: 'hour as a table'}, h('summary', 'As a table'), table('The last hour', ['From', ...PARTS.map(([name]) => [name, 'num'])],
    b.hour.slice().reverse().map(one => tr(th(when(one.at)), PARTS.map(([name]) => td('num', n(one[name]))))), 'tight'))];
}

function syncView(o) {
  const mayPull = may('POST /sync/pull');
  const found = o.sync || [];
  return [head('Sync'), card('', found.length ? table('Lists that are pulled', ['List', 'State', 'Progress', ['Behind', 'num'], ['Last run', 'wide short'], ...(mayPull ? [actions()] : [])],
    found.map(one => tr({key: one.resource}, th(one.resource), td('', pulling(one), one.error && h('div.bad', one.error)),
      td('', working(one)),
      td('num', long(one.lagSeconds)), td('wide short', when(one.lastRun)),
      mayPull && td('short', button('Pull again…', () => pullAgain(one.resource), 'plain'))))) : empty('Each list that is pulled would stand here: how far it is, and how far behind.')),
  note('Behind: since the start of the last run that reached its end.')];
}
async function pullAgain(resource) {
  const given = await ask({title: `Pull ${resource} again?`, text: 'From an instant on, or everything when it is left empty. It costs a point a hundred records.',
    fields: [['since', 'From (your time)', TIME]], yes: 'Pull again'});
  if (!given) return;
  const since = given.since ? new Date(given.since).toISOString() : undefined;
  act(() => send('/sync/pull', {resource, ...(since && {since})}), `The pull of ${resource} is queued.`);
}

// Events and dead letters

const letterView = () => arg('view') === 'events' || !may('GET /ops/dead-letters') ? 'events' : 'dead';
async function loadEvents() {
  const dead = letterView() === 'dead';
  const item = arg('item');
  if (dead) {
    const asked = searched('state', 'source', 'since', 'text');
    await fresh('letters', `${asked} ${my.overview?.deadLetters}`, 60000, () => get(`/ops/dead-letters${asked}`));
  } else {
    const asked = searched('id', 'event', 'state', 'since', 'until');
    await fresh('events', asked, 4000, () => get(`/ops/events${asked}`));
  }
  if (item) await fresh('opened', item, 60000, () => get(dead ? at`/ops/dead-letters/${item}` : at`/ops/events/${item}`));
}
const instant = local => {const date = new Date(local || NaN); return isNaN(date) ? null : date.toISOString();};
/** What is searched for, as the address has it. */
const searched = (...names) => query({...Object.fromEntries(names.map(name => [name, name === 'since' || name === 'until' ? instant(arg(name)) : arg(name)])), limit: LISTED});

/** A search whose fields are part of the address. */
function filters(name, fields) {
  return h('form.filters', {role: 'search', 'aria-label': 'Search', key: `${name} ${location.hash}`, onsubmit: e => {
    e.preventDefault();
    stay({item: null, ...Object.fromEntries(new FormData(e.target))});
    for (const kept of Object.values(my.data)) kept.due = 0;
    tick();
  }}, fields.map(([key, label, more = {}]) => h('label', label, more.options
    ? h('select', {name: key}, more.options.map(one => [one].flat()).map(([value, text]) => h('option', {value, selected: (arg(key) || '') === value}, text || value || 'any')))
    : h('input', {name: key, autocomplete: 'off', ...more, value: arg(key) || ''}))),
  h('button', {type: 'submit'}, 'Search'));
}

function eventsView(o) {
  const view = letterView();
  return [head('Events and dead letters'),
    tabs(view, may('GET /ops/dead-letters') && ['dead', 'events', `Dead letters${given(o.deadLetters) ? ` (${upTo(o.deadLetters)})` : ''}`], may('GET /ops/events') && ['events', 'events?view=events', 'Events from SalesLoft']),
    ...(view === 'dead' ? letters() : eventList())];
}

function letters() {
  const found = data('letters').value || [];
  const dead = found.filter(one => one.state === 'dead');
  const chosen = dead.filter(one => my.chosen.has(one.id));
  const replay = may('POST /ops/dead-letters/replay');
  const item = arg('item');
  return [filters('letters', [['text', 'Text in it'], ['source', 'Source'], ['since', 'Since (your time)', TIME], ['state', 'State', {options: [['', 'dead'], 'replayed']}]]),
    replay && !!dead.length && buttons(
      button(chosen.length ? `Replay ${many(chosen.length, 'selected one', 'selected ones')}…` : 'Replay selected…', () => replaySome(chosen.map(one => one.id)), 'main', {disabled: !chosen.length}),
      button('Replay all…', () => replaySome(null))),
    card('', reading('letters', empty('No dead letters. What is refused for good would stand here, with the reason and a way to replay it.')) || table('Dead letters',
      [...(replay ? [[box('Select all', dead), 'short']] : []), ['Id', 'num wide'], ['When', 'short'], ['Source', 'wide'], 'What went wrong', ['State', 'wide'], actions()],
      found.map(one => [tr({key: one.id, class: String(one.id) === item ? 'open' : ''},
        replay && td('short', one.state === 'dead' && box('Select this one', [one])),
        td('num wide', one.id), td('short', when(one.at)), td('wide', one.source), td('long', one.error), td('wide', says(one.state)),
        td('short', opener(one.id),
          may('POST /ops/dead-letters/{id}/replay') && one.state === 'dead' && button('Replay…', () => replayOne(one), 'plain'))),
      String(one.id) === item && opened(item, replay ? 7 : 6)]))),
    found.length >= LISTED && note(`The newest ${LISTED} are shown; the search finds the others.`)];
}
const box = (name, all) => h('input', {type: 'checkbox', 'aria-label': name, checked: !!all.length && all.every(one => my.chosen.has(one.id)), onchange: e => {all.forEach(one => my.chosen[e.target.checked ? 'add' : 'delete'](one.id)); render();}});
async function replayOne(one) {
  if (await ask({title: `Replay dead letter ${one.id}?`, text: ['What was refused is done again. It cannot be undone.', h('p.muted', one.error || '')], yes: 'Replay'}))
    act(() => send(at`/ops/dead-letters/${one.id}/replay`), answer => answer?.state === 'replayed' ? `Dead letter ${one.id} is replayed.` : `Dead letter ${one.id} is still dead${answer?.error ? `: ${answer.error}` : '.'}`);
}
async function replaySome(ids) {
  if (!await ask({title: ids ? `Replay ${many(ids.length, 'dead letter')}?` : 'Replay all dead letters?', text: 'What was refused is done again, oldest first. It cannot be undone.', yes: 'Replay'})) return;
  await act(() => send('/ops/dead-letters/replay', ids ? {ids} : undefined, {within: 600000}), answer => `${n(answer?.replayed)} replayed, ${n(answer?.dead)} still dead${answer?.gone ? `, ${n(answer.gone)} not dead any more` : ''}.`);
  my.chosen.clear();
}

function eventList() {
  const found = data('events').value || [];
  const item = arg('item');
  return [filters('events', [['id', 'Id'], ['event', 'Event'], ['state', 'State', {options: ['', 'received', 'applied', 'dead']}], ['since', 'From (your time)', TIME], ['until', 'Until', TIME]]),
    card('', reading('events', empty('No events. What SalesLoft tells by webhook would stand here, newest first.')) || table('Events', ['Event', 'State', ['Received', 'short'], ['Id', 'wide'], actions()],
      found.map(one => [tr({key: one.id, class: one.id === item ? 'open' : ''}, th(one.event), td('', says(one.state), one.error && h('div.bad', one.error)), td('short', when(one.receivedAt)),
        td('wide', h('code', one.id)), td('short', opener(one.id))),
      one.id === item && opened(item, 5)]))),
    found.length >= LISTED && note(`The newest ${LISTED} are shown; the search finds the others.`)];
}

// Jobs

async function loadJobs() {
  const item = arg('item');
  if (isBusy(my.upload.tried)) await followTrial();
  if (!item || item === 'upload') return fresh('jobs', 'all', 2000, () => get('/sync/jobs'));
  await fresh('job', item, isBusy(data('job').value) ? 1500 : 5000, () => get(at`/sync/jobs/${item}`));
  const job = data('job').value;
  if (job?.failed > 0) await fresh('failures', `${item} ${job.failed}`, 60000, () => lines(at`/sync/jobs/${item}/failures`, LISTED));
}
const jobParts = job => [['s0', job.created, 'created'], ['s1', job.updated, 'updated'], ['s3', job.unchanged, 'unchanged'], ['sbad', job.failed, 'failed'], ['s2', job.cancelled || 0, 'cancelled']];
const tally = job => [bar(jobParts(job), job.total, 'tall'), job.dryRun && note('A dry run: what would happen. Nothing is written.'), legend(...jobParts(job), ['track', Math.max(0, job.total - jobDone(job)), 'to do'])];
const isBusy = job => !!job && job.state !== 'done';
const jobDone = job => job.created + job.updated + job.unchanged + job.failed + (job.cancelled || 0);
const left = job => job.state === 'running' && given(job.etaSeconds) ? `${long(job.etaSeconds)} left` : '';

function jobsView() {
  const item = arg('item');
  if (item === 'upload') return uploadView();
  if (item) return jobView(item);
  const wanted = arg('state');
  const found = (data('jobs').value || []).filter(job => !wanted || (wanted === 'open' ? job.state !== 'done' : wanted === 'failed' ? job.failed > 0 : job.state === wanted));
  return [head('Jobs', buttons(may('POST /sync/people') && button('Upload rows…', () => go('jobs', {item: 'upload'}), 'main'))),
    tabs(wanted, [null, 'jobs', 'All'], ['open', 'jobs?state=open', 'Not done'], ['waiting', 'jobs?state=waiting', 'Wait for approval'], ['failed', 'jobs?state=failed', 'With failures']),
    card('', reading('jobs') || (found.length ? table('Jobs', ['Job', 'State', 'Progress', ['Rows', 'num wide'], ['Failed', 'num wide'], ['Rate', 'num wide'], ['By', 'wide'], ['When', 'short wide'], actions()], found.map(job => tr({key: job.job},
      th(job.object, job.dryRun && ' (dry run)', h('div.note.mono', String(job.job).slice(0, 8))), td('', says(job.state)), td('', h('div.progress', bar(jobParts(job), job.total), h('span.note', left(job) || `${n(jobDone(job))} done${job.failed ? `, ${n(job.failed)} failed` : ''}`))), td('num wide', n(job.total)),
      td('num wide', span({class: job.failed ? 'bad' : ''}, n(job.failed))), td('num wide', given(job.rowsPerSecond) && job.state !== 'done' ? `${n(job.rowsPerSecond, 1)}/s` : ''), td('wide', job.by), td('short wide', when(job.at)), td('short', button('Open', () => go('jobs', {item: job.job}), 'plain')))))
      : empty(wanted ? 'No job is like this.' : 'No jobs yet. Rows that are sent to be written make a job, which would stand here.')))];
}

function jobView(item) {
  const kept = data('job');
  const job = kept.asked === item ? kept.value : null;
  const back = h('a', {href: '#jobs'}, '← All jobs');
  if (!job || Array.isArray(job)) return [head('Job'), back, card('', kept.error && kept.asked === item ? why(kept.error) : empty(READING))];
  const failures = data('failures').asked?.startsWith(item) ? data('failures').value : null;
  return [head(`Job: ${job.object || 'rows'}${job.dryRun ? ', dry run' : ''}`, says(job.state), buttons(
    may('POST /sync/jobs/{job}/approve') && job.state === 'waiting' && button('Approve…', () => approve(job), 'main'), may('POST /sync/jobs/{job}/cancel') && job.state !== 'done' && !job.cancelledAt && button('Cancel…', () => cancel(job), 'danger'))),
  back, job.waits && why(job.waits),
  card(`${n(jobDone(job))} of ${many(job.total, 'row')}`, tally(job),
    note([given(job.rowsPerSecond) && `${n(job.rowsPerSecond, 1)} rows a second`, left(job), job.enrolled > 0 && `${n(job.enrolled)} put on a cadence`, job.skipped > 0 && `${many(job.skipped, 'membership')} left out`].filter(Boolean).join(', '))),
  card('About it', facts(['Id', h('code', job.job)], ['Sent by', job.by], ['Sent', when(job.at)], ['Ended', job.finished && when(job.finished)], ['Approved', job.approved && [when(job.approved), ` by ${job.approvedBy}`]], ['Cancelled', job.cancelledAt && when(job.cancelledAt)], ['Trace', job.trace && h('code', job.trace)])),
  card('Failures', !job.failed ? empty('No row has failed. One that does would stand here, with the reason.') : [
    buttons(button('Download as CSV', () => download(item))), !failures ? empty(READING) : table('Failures', [['Row', 'num'], 'Why', ['What was sent', 'long']], failures.found.map(one => tr({key: one.row}, td('num', n(one.row)), td('long', one.error), td('long', changes(null, one.original)))), 'tight'),
    failures && !failures.all && note(`The first ${LISTED} are shown; the CSV has all of them.`)])];
}
async function cancel(job) {
  if (await ask({title: 'Cancel this job?', text: `Rows that nobody has begun end as cancelled: up to ${n(job.total - jobDone(job))} of ${n(job.total)}. What is written stays written. It cannot be undone.`, yes: 'Cancel the job', danger: true}))
    act(() => send(at`/sync/jobs/${job.job}/cancel`), 'The job is cancelled.');
}
async function approve(job) {
  if (await ask({title: 'Approve this job?', text: `It would change ${many(job.wouldChange, 'row')} in SalesLoft, of ${n(job.total)}. What is written cannot be undone.`, yes: 'Approve'}))
    act(() => send(at`/sync/jobs/${job.job}/approve`), 'Approved: the job goes on.');
}
const download = item => act(async () => {
  const answer = await call('GET', at`/sync/jobs/${item}/failures`, {accept: 'text/csv', stream: true, within: 120000});
  const link = h('a', {download: 'failures.csv'});
  link.href = URL.createObjectURL(await answer.blob());
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}, 'The failures are downloaded.');

// An upload: first a dry run of the very same rows, then they are written.

function uploadView() {
  const u = my.upload;
  const tried = u.tried;
  const ready = tried?.state === 'done' && !u.sending;
  const change = () => {u.tried = u.results = u.error = null; render();};
  const choice = (label, name, options) => h('label', label, h('select', {onchange: e => {u[name] = e.target.value; change();}}, options.map(([value, text]) => h('option', {value}, text))));
  return [head('Upload rows'), h('a', {href: '#jobs'}, '← All jobs'),
    card('1. Choose', h('div.filters',
      choice('What they are', 'object', ['people', 'accounts', 'notes', 'tasks'].filter(kind => may(`POST /sync/${kind}`)).map(kind => [kind, kind])),
      choice('Who exists already', 'existing', [['update', 'is updated'], ['fill', 'gets what is empty'], ['skip', 'is left alone']]),
      h('label', 'File: CSV, NDJSON or JSON', h('input', {id: 'upload-file', type: 'file', accept: '.csv,.ndjson,.jsonl,.json', onchange: e => {u.file = e.target.files[0] || null; change();}})),
      button('Try it: dry run', () => upload(true), 'main', {disabled: !u.file || u.sending || isBusy(tried)})),
      note('A CSV has the names of the fields in its first line. The dry run looks everybody up, and writes nothing.'),
      u.error && why(u.error)),
    card('2. What would happen', !tried ? empty(u.sending ? 'Sending…' : 'How many rows would be created, updated or refused, and what would change in each.') : [
      h('p', says(tried.state, tried.state === 'done' ? 'The dry run is done' : `The dry run is ${tried.state}`)), tally(tried),
      u.results && table('What would happen, row by row', [['Row', 'num'], 'Outcome', ['What would change', 'long']], u.results.found.map(one => tr({key: one.row}, td('num', n(one.row)), td('', says(one.outcome === 'failed' ? 'failed' : 'done', one.outcome)), td('long', one.error ? h('span.bad', one.error) : changes(one.changes, one.original)))), 'tight'),
      u.results && !u.results.all && note(`The first ${LISTED} rows are shown.`)]),
    card('3. Write', buttons(button(ready ? `Write ${many(tried.created + tried.updated, 'row')}…` : 'Write…', async () => {
      if (await ask({title: `Write ${u.file.name}?`, text: `${n(tried.created)} created, ${n(tried.updated)} updated, if SalesLoft still has what the dry run saw. What is written cannot be undone.`, yes: 'Write'})) upload(false);
    }, 'main', {disabled: !ready || tried.created + tried.updated === 0})), note('The rows become a job, which you can watch and cancel.'))];
}
async function upload(dry) {
  const u = my.upload;
  const name = u.file.name.toLowerCase();
  const type = name.endsWith('.json') ? 'application/json' : /\.(ndjson|jsonl)$/.test(name) ? 'application/x-ndjson' : 'text/csv';
  if (dry) {u.tried = u.results = null; u.key = `console-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`;}
  u.error = null; u.sending = true;
  render();
  try {
    const made = await call('POST', `/sync/${u.object || 'people'}${query({dryRun: dry ? 'true' : null, onExisting: u.existing})}`, {body: u.file, type, key: dry ? null : u.key, within: 600000});
    if (dry) {u.tried = {...made, dryRun: true, state: 'queued', created: 0, updated: 0, unchanged: 0, failed: 0};} else {my.upload = {}; say(`A job of ${many(made.total, 'row')} was made.`); go('jobs', {item: made.job});}
  } catch (e) {
    u.error = e.status ? e.message : 'The file could not be sent: the container cannot be reached, or the file has changed since it was chosen.';
  }
  u.sending = false;
  render();
  tick();
}
async function followTrial() {
  const u = my.upload;
  const path = at`/sync/jobs/${u.tried.job}`;
  const seen = await get(path);
  if (seen.state === 'done') u.results = await lines(`${path}/results`, LISTED);
  if (my.upload === u && u.tried) u.tried = seen;
}

// Audit

async function loadAudit() {
  const hours = arg('hours') || 24;
  const params = Object.fromEntries(['resource', 'id', 'operation', 'job', 'actor', 'trace'].map(name => [name, arg(name)]));
  const since = hours === 'ever' ? null : new Date(now() - hours * 3600000).toISOString();
  await fresh('audit', place.q.toString(), 15000, async () => (await lines(`/ops/audit${query({...params, since, limit: LISTED})}`, LISTED)).found);
}
function auditView() {
  const found = data('audit').value || [];
  return [head('Audit'), filters('audit', [['hours', 'Time', {options: [['', 'the last day'], ['1', 'the last hour'], ['168', 'the last week'], ['ever', 'ever']]}], ['actor', 'Who'], ['operation', 'Operation'], ['resource', 'List'], ['id', 'Id', {inputmode: 'numeric'}], ['job', 'Job'], ['trace', 'Trace']]),
    card('', reading('audit', empty('Nothing was changed in this time. Each change of SalesLoft, and each step of a rollback, would stand here.')) || table('Changes', [['When', 'short'], 'Who', 'What', ['Old and new, or what was sent', 'long'], 'Outcome', ['Job', 'wide']],
      found.map(one => tr({key: one.idempotencyKey}, td('short', when(one.at)), td('', one.actor), td('', one.operation, ' ', one.resource, one.resourceId ? h('div.note', one.resourceId) : ''), td('long', changes(one.changes, one.request)),
        td('', one.outcome ? says(one.outcome === 'done' ? 'done' : 'failed', `${one.outcome}${one.status ? ` ${one.status}` : ''}`) : says('running', 'open'), given(one.durationMs) && h('div.note', `${n(one.durationMs)} ms${one.attempts > 1 ? `, ${one.attempts} attempts` : ''}`)),
        td('wide', one.job && h('a', {href: '#jobs', onclick: e => {e.preventDefault(); go('jobs', {item: one.job});}}, String(one.job).slice(0, 8))))))),
    found.length >= LISTED && note(`The newest ${LISTED} are shown; the search finds the others.`)];
}

// Rollback

async function loadRollback() {
  const item = arg('item');
  if (!item && !my.overview?.rollback) return;
  await fresh('rollback', item || '', 1500, () => get(item ? at`/ops/rollback/${item}` : '/ops/rollback'));
}
function rollbackView() {
  const kept = data('rollback');
  const run = kept.asked === (arg('item') || '') ? kept.value : null;
  const open = run && ['running', 'blocked'].includes(run.state);
  const p = my.preflight;
  return [head('Rollback', run && says(run.state), buttons(may('POST /ops/rollback') && !open && [button('Preflight', preflight), button('Start a rollback…', startRollback, 'danger', {disabled: !p, title: !p && 'First the preflight'})])),
    h('p.muted', 'Stops pull and push, brings the release before the bad one back, verifies it, and tells sales and operators. Everything stays paused until somebody resumes.'),
    p && !open && card('Preflight: what one would do now', facts(['Platform', p.platform], ['Release', h('span.mono', p.release || '–')], p.deployment && ['Now runs', p.deployment.currentImage], ['Comes back', p.target ? `revision ${p.target.revision}, ${p.target.image}` : 'nothing was found to come back'],
      ['In its way', p.problems?.length || p.blockedBy?.length ? h('ul', [...[p.blockedBy || []].flat(), ...(p.problems || [])].map(one => h('li', mark('warn'), ' ', typeof one === 'string' ? one : JSON.stringify(one)))) : says('PASS', 'nothing')])),
    !run ? card('', !kept.error ? empty(!kept.asked && !my.overview?.rollback ? 'There was no rollback yet. Its steps would stand here: freeze, tell, revert, verify, pause, notify.' : READING) : why(kept.error))
      : card(open ? 'It runs' : 'The last one', facts(['Why', run.reason], ['By', run.by], ['Begun', when(run.startedAt)], ['Ended', run.endedAt && when(run.endedAt)], ['Bad release', run.release && h('span.mono', run.release)], ['Platform', run.platform], ['Id', h('code', run.rollback)]),
        h('ol.steps', {'aria-label': 'Steps', 'aria-live': 'polite'}, (run.steps || []).map(step => h('li', {key: step.step}, mark(known(step.state)), h('b', step.step), h('span.detail', dim(step.state), step.detail && `: ${step.detail}`), step.at ? when(step.at) : h('span')))))];
}
const preflight = () => act(async () => {my.preflight = await send('/ops/rollback?dryRun=true', undefined, {within: 60000});}, 'The preflight is done; nothing was changed.');
async function startRollback() {
  const p = my.preflight;
  const given = await ask({title: 'Start a rollback?', danger: true, yes: 'Start the rollback',
    text: [p.target ? `Revision ${p.target.revision} (${p.target.image}) comes back in place of ${p.release}.` : `In place of ${p.release} the release before it is to come back.`, 'Pull and push stop on all replicas at once, sales and operators are told. It cannot be called back.',
      p.problems?.length ? why(`In its way: ${p.problems.join('; ')}`) : ''],
    fields: [['reason', 'Why? Sales and operators will read it.', REASON], ...(p.platform === 'kubernetes' ? [['revision', 'Revision, if not the one before', {type: 'number', min: 1}]] : [])]});
  if (!given) return;
  await act(() => send('/ops/rollback', {reason: given.reason, ...(given.revision && {toRevision: Number(given.revision)})}, {within: 60000}), () => {my.preflight = null; return 'The rollback has begun.';});
  go('rollback');
}

// Checklist

async function loadChecklist() {
  // Without a run there is nothing to read: to ask for it would run it.
  if (!my.overview?.checklist) return;
  await fresh('checklist', String(my.overview.checklist.at), 300000, () => call('GET', '/ops/checklist', {within: 120000}));
}
const GROUPS = [['FAIL', 'Not in order'], ['MANUAL', 'A person has to see to it'], ['WAIVED', 'Waived'], ['PASS', 'Passed']];
function checklistView() {
  const run = data('checklist').value;
  return [head('Go-live checklist', buttons(may('POST /ops/checklist') && button(my.checking ? 'Running, up to a minute…' : 'Run it…', runChecklist, 'main', {disabled: !!my.checking}))),
    !run ? card('', data('checklist').error ? why(data('checklist').error) : empty(my.checking ? 'Each item is being tried…' : my.overview?.checklist ? READING : 'It has not been run yet. Each item would stand here, with the evidence for it.'))
      : [h('p.muted', 'Run ', when(run.at), ` in ${long(run.tookMs / 1000)}, of `, run.current === false ? h('strong.warn', 'another release than the one that runs now') : 'the release that runs now', '.'),
        GROUPS.map(([key, title]) => {const items = (run.items || []).filter(one => one.state === key); return items.length > 0 && h('section.card.items', {key}, h('h2', `${title}: ${items.length}`), items.map(one => h('details', {key: one.item, open: key !== 'PASS'},
          h('summary', mark(known(key)), span(one.title, h('span.vh', ` (${key})`))), h('div.evidence', one.evidence, one.waiver && h('div', `Waived: ${one.waiver}`)))));})]];
}
async function runChecklist() {
  if (!await ask({title: 'Run the checklist?', text: 'It takes up to a minute and some points. Nothing is written to SalesLoft.', yes: 'Run it'})) return;
  my.checking = true;
  render();
  await act(() => send('/ops/checklist', undefined, {within: 180000}), run => {my.data.checklist = {value: run, asked: '', due: 0}; return run?.passed ? 'The checklist has no failure.' : 'The checklist has failures.';});
  my.checking = false;
  render();
}

/** Each panel: the row of the access table that opens it, what it shows, what it reads, and what the list of panels says of it. */
const PANELS = {
  now: ['GET /ops/overview', nowView],
  budget: ['GET /ops/overview', budgetView],
  sync: ['GET /sync/status', syncView],
  events: ['GET /ops/dead-letters', eventsView, loadEvents, o => o.deadLetters > 0 && [n(o.deadLetters), 'warn', 'dead letters']],
  jobs: ['GET /sync/jobs', jobsView, loadJobs, ({jobs}) => jobs?.waitsForApproval > 0 ? [jobs.waitsForApproval, 'warn', 'wait for approval'] : jobs?.running > 0 && [jobs.running, '', 'running']],
  audit: ['GET /ops/audit', auditView, loadAudit],
  rollback: ['GET /ops/rollback', rollbackView, loadRollback, ({rollback: run}) => run && run.state !== 'done' && ['!', run.state === 'failed' ? 'bad' : 'warn', run.state]],
  checklist: ['GET /ops/checklist', checklistView, loadChecklist, ({checklist}) => checklist?.failed > 0 && [checklist.failed, 'warn', 'failed']],
};
const open = panel => may(PANELS[panel][0]);
const named = panel => panel[0].toUpperCase() + panel.slice(1);

// The whole page

function render() {
  const inside = !!(my.token && my.me);
  $('login').hidden = inside || (!!my.token && !my.why);
  $('app').hidden = !inside;
  draw($('said'), saying.map(one => h('div', {class: one.bad ? 'bad' : ''}, span(one.text), button('×', one.drop, '', {'aria-label': 'Close'}))));
  if (inside) draw($('login'), []);
  else {
    document.title = 'Log in · Console';
    draw($('login'), loginView());
    return;
  }
  const o = my.overview;
  const sum = verdict();
  document.title = `${sum.kind === 'ok' || sum.kind === 'run' ? '' : `${MARKS[sum.kind]} `}${named(place.panel)} · Console`;
  draw($('top'), [h('span.brand', 'salesloft-integration'),
    h('div', {role: 'status'}, h('a', {class: `verdict ${sum.kind}`, href: '#now'}, mark(sum.kind), span(sum.text))),
    h('div.right', dim(my.seen ? ['as of ', when(my.seen)] : ''), h('span.muted.wide', `${my.me.name}, ${my.me.role}`), button('Log out', () => leave('You have logged out.')))]);
  draw($('nav'), [h('ul', Object.keys(PANELS).filter(open).map(id => {
    const badge = o && PANELS[id][3]?.(o);
    return h('li', {key: id}, h('a', {href: `#${id}`, 'aria-current': id === place.panel && 'page'}, span(named(id), id === 'events' && h('span.long', ' and dead letters')), badge && span({class: `badge ${badge[1]}`}, badge[0], h('span.vh', ` ${badge[2]}`))));
  }))]);
  draw($('main'), [h('div', {class: `stack${my.lost ? ' lost' : ''}`, key: `${place.panel} ${arg('view') || ''} ${place.panel === 'jobs' ? arg('item') || '' : ''}`},
    ...(o || !['now', 'budget', 'sync'].includes(place.panel) ? PANELS[place.panel][1](o || {}) : [head(named(place.panel)), card('', empty(my.lost ? 'The container does not answer.' : READING))]).flat(9).filter(Boolean))]);
}

addEventListener('hashchange', () => {
  const before = place.panel;
  read();
  render();
  if (place.panel !== before) {$('title')?.focus(); scrollTo(0, 0);}
  tick();
});
document.addEventListener('visibilitychange', () => {if (!document.hidden) tick();});
$('skip').onclick = e => {e.preventDefault(); $('main').focus();};
setInterval(() => {if (!document.hidden && my.me) render();}, 1000);

read();
const asked = new URLSearchParams(location.search);
if (asked.has('state') && (asked.has('code') || asked.has('error'))) fromProvider(asked);
else if (my.token) enter(my.token);
render();
$('token')?.focus();
// Where the provider is away for a moment there is no answer yet.
const askForProvider = () => fetch('/console/login', {credentials: 'omit'}).then(answer => answer.ok ? answer.json() : Promise.reject())
  .then(found => {my.oidc = found.oidc || null; render();}, () => setTimeout(askForProvider, 5000));
askForProvider();
