// A SAML identity provider: npm's samlify makes and signs what it says. Whoever signs in exists, and is remembered by a
// cookie. Prints one JSON line with its metadata, and runs until its input ends.
import { createServer } from 'node:http';
import saml from 'samlify';

const { key, certificate, services } = JSON.parse(process.env.CLIENT_CONFIG);
const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${server.address().port}`;
const { redirect, post } = saml.Constants.namespace.binding;
const attribute = (name) => ({
  name,
  valueTag: name,
  nameFormat: 'urn:oasis:names:tc:SAML:2.0:attrname-format:basic',
  valueXsiType: 'xs:string',
});

// What comes in is read by samlify's own parser; schemas are not at hand here.
saml.setSchemaValidator({ validate: async () => 'not validated' });
const provider = saml.IdentityProvider({
  entityID: `${address}/metadata`,
  privateKey: key,
  signingCert: certificate,
  requestSignatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  nameIDFormat: ['urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'],
  singleSignOnService: [{ Binding: redirect, Location: `${address}/sso` }],
  loginResponseTemplate: {
    context: saml.SamlLib.defaultLoginResponseTemplate.context.replace(
      '{AuthnStatement}',
      '<saml:AuthnStatement AuthnInstant="{IssueInstant}" SessionIndex="{AssertionID}"><saml:AuthnContext>' +
        '<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>' +
        '</saml:AuthnContext></saml:AuthnStatement>',
    ),
    attributes: [attribute('email'), attribute('name')],
  },
});
const companies = services.map(({ entityId, callback, signs }) =>
  saml.ServiceProvider({
    entityID: entityId,
    wantAssertionsSigned: signs !== 'response',
    wantMessageSigned: signs === 'response',
    assertionConsumerService: [{ Binding: post, Location: callback }],
  }),
);

const escaped = (text) => text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
const page = (response, body) => {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(`<!doctype html><html lang="en"><title>Acme</title><main>${body}</main></html>`);
};

// Answer a request: who it is, signed, in a form that sends itself; the button is for whoever has no script.
async function answered(response, query, person) {
  const asked = await Promise.any(
    companies.map(async (company) => {
      const { extract } = await provider.parseLoginRequest(company, 'redirect', { query });
      if (extract.issuer !== company.entityMeta.getEntityID()) throw new Error('another service asks');
      return { company, extract };
    }),
  );
  const { company, extract } = asked;
  const now = Date.now();
  const at = (ms) => new Date(now + ms).toISOString();
  const callback = company.entityMeta.getAssertionConsumerService('post');
  const said = {
    ID: provider.entitySetting.generateID(),
    AssertionID: provider.entitySetting.generateID(),
    Destination: callback,
    Audience: company.entityMeta.getEntityID(),
    SubjectRecipient: callback,
    Issuer: provider.entityMeta.getEntityID(),
    IssueInstant: at(0),
    StatusCode: saml.Constants.StatusCode.Success,
    ConditionsNotBefore: at(0),
    ConditionsNotOnOrAfter: at(300_000),
    SubjectConfirmationDataNotOnOrAfter: at(300_000),
    NameIDFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    NameID: person,
    InResponseTo: extract.request.id,
    attrEmail: person,
    attrName: person[0].toUpperCase() + person.slice(1).split('@')[0],
  };
  const filled = (template) => ({ id: said.ID, context: saml.SamlLib.replaceTagsByValue(template, said) });
  const { context } = await provider.createLoginResponse(company, { extract }, 'post', { email: person }, filled);
  page(
    response,
    `<form method="post" action="${escaped(callback)}">
<input type="hidden" name="SAMLResponse" value="${context}">
<input type="hidden" name="RelayState" value="${escaped(query.RelayState ?? '')}">
<button>Continue</button></form><script>document.forms[0].submit()</script>`,
  );
}

server.on('request', async (request, response) => {
  const url = new URL(request.url, address);
  if (url.pathname !== '/sso') {
    response.writeHead(204);
    return response.end();
  }
  const remembered = /person=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
  const query = Object.fromEntries(url.searchParams);
  if (request.method === 'GET' && !remembered) {
    return page(response, '<form method="post"><label>Login <input name="login"></label><button>Sign in</button></form>');
  }
  let sent = '';
  for await (const chunk of request) sent += chunk;
  const person = remembered ? decodeURIComponent(remembered) : new URLSearchParams(sent).get('login');
  response.setHeader('set-cookie', `person=${encodeURIComponent(person)}; Path=/; HttpOnly`);
  return answered(response, query, person);
});

console.log(JSON.stringify({ kind: 'metadata', value: provider.getMetadata() }));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
