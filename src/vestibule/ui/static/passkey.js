// Passkeys (WebAuthn Level 3). Without this file a page says that it is needed, and the other ways stay open.

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const known = (list) => list.map((one) => ({ ...one, id: bytes(one.id) }));

// Ask the server what to ask the browser for.
async function asked(form) {
  const answer = await fetch(form.dataset.options, { method: 'POST' });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const { verificationId = '', registrationOptions: made, authenticationOptions: wanted } = await answer.json();
  const publicKey = made
    ? { ...made, challenge: bytes(made.challenge), user: { ...made.user, id: bytes(made.user.id) },
        excludeCredentials: known(made.excludeCredentials) }
    : { ...wanted, challenge: bytes(wanted.challenge), allowCredentials: known(wanted.allowCredentials) };
  return { record: verificationId, publicKey };
}

// Put what the browser returned into the form, and send it.
function send(form, record, credential) {
  const { response } = credential;
  const parts = {};
  for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (response[name]) parts[name] = text(response[name]);
  }
  if (response.getTransports) parts.transports = response.getTransports();
  form.elements.record.value = record;
  form.elements.credential.value = JSON.stringify({ id: credential.id, rawId: text(credential.rawId), response: parts });
  if (document.querySelector('input[name=agree]:checked')) form.elements.agree.value = 'yes';
  form.requestSubmit();
}

let waiting = new AbortController();

function say(form, words) {
  const line = form.querySelector('.fault') ?? Object.assign(document.createElement('p'), { className: 'fault' });
  line.setAttribute('role', 'alert');
  line.textContent = words;
  form.append(line);
}

async function go(form, button) {
  waiting.abort();
  button.setAttribute('data-busy', '');
  try {
    const { record, publicKey } = await asked(form);
    const ask = form.dataset.passkey === 'create' ? 'create' : 'get';
    send(form, record, await navigator.credentials[ask]({ publicKey }));
  } catch (error) {
    say(form, error.name === 'NotAllowedError' ? form.dataset.cancelled
      : error.name === 'InvalidStateError' ? form.dataset.there : form.dataset.failed);
  } finally {
    button.removeAttribute('data-busy');
  }
}

// Passkeys among what the browser fills in, at the field of the identifier.
async function offer(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  try {
    const { record, publicKey } = await asked(form);
    const { signal } = (waiting = new AbortController());
    send(form, record, await navigator.credentials.get({ publicKey, mediation: 'conditional', signal }));
  } catch (error) {
    if (!['AbortError', 'NotAllowedError'].includes(error.name)) say(form, form.dataset.failed);
  }
}

for (const form of document.querySelectorAll('form[data-passkey]')) {
  const button = form.querySelector('button');
  const line = form.querySelector('[data-without]');
  if (!window.PublicKeyCredential) {
    if (line) line.textContent = form.dataset.unable;
    continue;
  }
  line?.remove();
  if (button) {
    button.hidden = false;
    button.addEventListener('click', () => go(form, button));
  }
  if ('fillsIn' in form.dataset) offer(form);
}
