// Comfort only: every page works without this file.

// What is wrong with a field, in the page's words; nothing when all is well.
const fault = ({ validity, dataset, validationMessage }) =>
  validity.valid ? '' : (validity.valueMissing ? dataset.missing : dataset.wrong) ?? validationMessage;

// Say at a field what is wrong with it, or that nothing is any more.
function tell(input) {
  const words = fault(input);
  const id = `${input.id}-fault`;
  const line = document.getElementById(id) ?? Object.assign(document.createElement('p'), { id, className: 'fault' });
  const others = (input.getAttribute('aria-describedby') ?? '').split(' ').filter((one) => one && one !== id);
  line.textContent = words;
  if (words) {
    input.setAttribute('aria-invalid', 'true');
    input.closest('.field').append(line);
    others.unshift(id);
  } else {
    input.removeAttribute('aria-invalid');
    line.remove();
  }
  if (others.length) input.setAttribute('aria-describedby', others.join(' '));
  else input.removeAttribute('aria-describedby');
  return !words;
}

for (const form of document.querySelectorAll('form')) {
  const inputs = [...form.querySelectorAll('.field input, .field select')];
  form.noValidate = true;
  for (const input of inputs) {
    input.addEventListener('change', () => { if (input.value) tell(input); });
    input.addEventListener('input', () => { if (input.getAttribute('aria-invalid') && !fault(input)) tell(input); });
  }
  form.addEventListener('submit', (event) => {
    const wrong = event.submitter?.formNoValidate ? [] : inputs.filter((input) => !tell(input));
    if (wrong.length || form.dataset.sent) {
      event.preventDefault();
      wrong[0]?.focus();
      return;
    }
    form.dataset.sent = 'yes';
    for (const input of form.querySelectorAll('.secret input')) input.type = 'password';
    (event.submitter ?? form.querySelector('button:not([type=button])'))?.setAttribute('data-busy', '');
  });
}
// A page that comes back from the history must be usable again.
addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll('form')) delete form.dataset.sent;
  for (const button of document.querySelectorAll('[data-busy]')) button.removeAttribute('data-busy');
});

for (const input of document.querySelectorAll('.secret input')) {
  const { show, hide } = input.parentElement.dataset;
  const label = document.querySelector(`label[for="${input.id}"]`).textContent;
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'bare' });
  const name = (word) => {
    button.textContent = word;
    button.setAttribute('aria-label', `${word}: ${label}`);
  };
  name(show);
  button.addEventListener('click', () => {
    input.type = input.type === 'text' ? 'password' : 'text';
    name(input.type === 'text' ? hide : show);
  });
  input.after(button);
}

// Initials stand behind a picture that does not load.
for (const picture of document.querySelectorAll('.face img')) {
  picture.addEventListener('error', () => picture.remove());
  if (picture.complete && !picture.naturalWidth) picture.remove();
}

// A live region speaks when its text changes, not when the page arrives with it; and what was said once is not said
// again when the page is loaded anew.
for (const line of document.querySelectorAll('[role=status] p')) {
  const words = line.textContent;
  line.textContent = '';
  requestAnimationFrame(() => { line.textContent = words; });
}
const here = new URL(location.href);
if (here.searchParams.has('saved')) {
  here.searchParams.delete('saved');
  history.replaceState(null, '', here);
}
document.querySelector('form[data-auto]')?.requestSubmit();

// What is shown once can be taken along with one click.
for (const box of document.querySelectorAll('[data-copy]')) {
  const text = [...box.querySelectorAll('li')].map((line) => line.textContent).join('\n');
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'plain', textContent: box.dataset.copy });
  const said = Object.assign(document.createElement('span'), { className: 'hidden' });
  said.setAttribute('role', 'status');
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = said.textContent = box.dataset.copied;
  });
  box.append(button, said);
}
