// The one script of these pages: carries a question to the authenticator, and its answer into the form that asked.
const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const textOf = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');
const withId = (each) => ({ ...each, id: bytesOf(each.id) });

async function created(options) {
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge),
    user: withId(options.user),
    excludeCredentials: options.excludeCredentials.map(withId),
  };
  const { id, type, response } = await navigator.credentials.create({ publicKey });
  return {
    ...{ id, rawId: id, type, clientExtensionResults: {} },
    response: {
      clientDataJSON: textOf(response.clientDataJSON),
      attestationObject: textOf(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    },
  };
}

async function proven(options) {
  const allowCredentials = options.allowCredentials.map(withId);
  const publicKey = { ...options, challenge: bytesOf(options.challenge), allowCredentials };
  const { id, type, response } = await navigator.credentials.get({ publicKey });
  return {
    ...{ id, rawId: id, type, clientExtensionResults: {} },
    response: {
      clientDataJSON: textOf(response.clientDataJSON),
      authenticatorData: textOf(response.authenticatorData),
      signature: textOf(response.signature),
      userHandle: response.userHandle ? textOf(response.userHandle) : undefined,
    },
  };
}

const REASONS = {
  NotAllowedError: 'It was cancelled, or it took too long. Try again.',
  InvalidStateError: 'This passkey is registered already.',
  SecurityError: 'Your browser makes no passkeys for this address.',
};

for (const form of document.querySelectorAll('form[data-passkey]')) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const said = form.querySelector('[role=alert]');
    said.textContent = '';
    try {
      const { kind, options } = JSON.parse(form.dataset.passkey);
      const answer = await (kind === 'create' ? created : proven)(options);
      form.elements.namedItem('credential').value = JSON.stringify(answer);
      form.submit();
    } catch (error) {
      said.textContent = REASONS[error.name] ?? 'Your browser could not use a passkey.';
    }
  });
}
