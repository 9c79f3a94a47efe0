// Asks a passkey what the page says, and sends its answer as the page's form (Web Authentication Level 3). Loaded by the page
// of a ceremony alone.
(() => {
  'use strict';
  const form = document.getElementById('passkey');
  const status = document.getElementById('passkey-status');
  if (!form || !status) return;
  const button = form.querySelector('button');

  if (!window.isSecureContext || !window.PublicKeyCredential || !navigator.credentials) {
    status.textContent = 'This browser knows no passkeys. Go back and come in another way, or use another browser.';
    return;
  }

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(''))
      .replace(/\+/g, '-')
      .replace(/\//g, '_')
      .replace(/=+$/, '');
  const credentials = (list) => (list ?? []).map((known) => ({ ...known, id: bytes(known.id) }));

  /** What the browser takes, with bytes where the page has text. */
  const asked = () => {
    const options = JSON.parse(form.dataset.options);
    options.challenge = bytes(options.challenge);
    if (options.user) options.user.id = bytes(options.user.id);
    if (options.excludeCredentials) options.excludeCredentials = credentials(options.excludeCredentials);
    if (options.allowCredentials) options.allowCredentials = credentials(options.allowCredentials);
    return options;
  };

  /** The other way. */
  const answered = ({ id, rawId, type, response }) => {
    const said = { clientDataJSON: text(response.clientDataJSON) };
    if (response.attestationObject) {
      said.attestationObject = text(response.attestationObject);
    } else {
      said.authenticatorData = text(response.authenticatorData);
      said.signature = text(response.signature);
      said.userHandle = response.userHandle ? text(response.userHandle) : null;
    }
    return JSON.stringify({ id, rawId: text(rawId), type, response: said, extensions: {} });
  };

  const why = (error) => {
    switch (error.name) {
      case 'InvalidStateError':
        return 'This device or keychain holds a passkey of your account already.';
      case 'NotAllowedError':
        return 'No passkey answered: it was cancelled, took too long, or there is none of this console here.';
      case 'NotSupportedError':
      case 'ConstraintError':
        return 'This device cannot keep such a passkey: it must ask for a fingerprint, a face or a PIN.';
      case 'SecurityError':
        return 'The browser refuses passkeys at this address. Open the console under the address it was set up with.';
      default:
        return 'The passkey could not be asked.';
    }
  };

  const run = async () => {
    button.disabled = true;
    status.textContent = 'Waiting for your passkey…';
    try {
      const publicKey = asked();
      const { credentials: keeper } = navigator;
      const credential =
        form.dataset.method === 'create' ? await keeper.create({ publicKey }) : await keeper.get({ publicKey });
      form.elements.namedItem('answer').value = answered(credential);
      // Not `requestSubmit`: that would come back here.
      form.submit();
    } catch (error) {
      status.textContent = why(error);
      button.disabled = false;
      button.focus();
    }
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void run();
  });
  button.hidden = false;
  void run();
})();
