// Comfort only: every page works without this file.
for (const form of document.querySelectorAll('form')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = 'yes';
    const button = event.submitter ?? form.querySelector('button[type=submit], button:not([type])');
    button?.setAttribute('data-busy', '');
  });
}
// A page that comes back from the history must be usable again.
addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll('form')) delete form.dataset.sent;
  for (const button of document.querySelectorAll('[data-busy]')) button.removeAttribute('data-busy');
});
for (const input of document.querySelectorAll('.secret input')) {
  const button = document.createElement('button');
  const { show, hide } = input.parentElement.dataset;
  button.type = 'button';
  button.className = 'bare';
  button.textContent = show;
  button.setAttribute('aria-controls', input.id);
  button.setAttribute('aria-pressed', 'false');
  button.addEventListener('click', () => {
    const shown = input.type === 'text';
    input.type = shown ? 'password' : 'text';
    button.textContent = shown ? show : hide;
    button.setAttribute('aria-pressed', String(!shown));
  });
  input.after(button);
}
document.querySelector('[data-focus]')?.focus();
document.querySelector('form[data-auto]')?.requestSubmit();
