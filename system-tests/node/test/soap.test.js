// The npm package soap, which reads our WSDL and makes a client of it, and raw messages it would not send.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import soap from 'soap';
import { headers as authorization, url as api } from '../server.js';

const address = (plural) => `${api}/v1/soap/${plural}`;

async function client(options = {}) {
  const made = await soap.createClientAsync(`${address('items')}?wsdl`, {
    wsdl_headers: authorization,
    ...options,
  });
  Object.entries(authorization).forEach(([name, value]) => made.addHttpHeader(name, value));
  return made;
}

for (const forceSoap12Headers of [false, true]) {
  test(`records are made, read, changed and deleted by SOAP ${forceSoap12Headers ? '1.2' : '1.1'}`, async () => {
    const items = await client({ forceSoap12Headers });
    const id = forceSoap12Headers ? 900_002 : 900_001;
    const name = 'a <b> & "c"';
    const [made] = await items.CreateItemAsync({ record: { id, name, amount: '12.75' } });
    assert.equal(made.record.name, name);
    assert.equal(String(made.record.amount), '12.75');
    assert.match(made.cursor, /^u1\./);

    const [got] = await items.GetItemAsync({ id });
    assert.equal(String(got.version), String(made.version));

    const [changed] = await items.UpdateItemAsync({ id, record: { name: 'chair' }, ifVersion: made.version });
    assert.equal(changed.record.name, 'chair');
    assert.equal(String(changed.record.amount), '12.75', 'what is not said stays');

    await assert.rejects(items.UpdateItemAsync({ id, record: { name: 'stool' }, ifVersion: made.version }), (error) => {
      assert.match(error.body, /<code>version-mismatch<\/code>/);
      return true;
    });

    const [list] = await items.ListItemsAsync({ filter: '(name=chair)', limit: 10 });
    const records = [list.record].flat();
    assert.ok(records.some((record) => String(record.id) === String(id)));

    const [replaced] = await items.ReplaceItemAsync({ id, record: { name: 'bench' } });
    assert.equal(replaced.record.amount ?? null, null, 'what is not said is gone');

    await items.DeleteItemAsync({ id });
    await assert.rejects(items.GetItemAsync({ id }), (error) => {
      assert.match(error.body, /<code>gone<\/code>/);
      return true;
    });
  });
}

const SOAP11 = 'http://schemas.xmlsoap.org/soap/envelope/';
const SOAP12 = 'http://www.w3.org/2003/05/soap-envelope';
const OURS = 'https://unisono.dev/soap/v1/items';
const envelope = (inside, namespace = SOAP11, before = '') =>
  `${before}<s:Envelope xmlns:s="${namespace}">${inside}</s:Envelope>`;
const body = (inside, namespace) => envelope(`<s:Body>${inside}</s:Body>`, namespace);

async function post(message, type = 'text/xml') {
  const response = await fetch(address('items'), {
    method: 'POST',
    headers: { ...authorization, 'Content-Type': type },
    body: message,
  });
  return { status: response.status, text: await response.text() };
}

test('what is no message of ours is a fault, and nothing of it is fetched or grown', async () => {
  const get = `<GetItem xmlns="${OURS}"><id>1</id></GetItem>`;
  const bomb = '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>';
  const file = '<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/hostname">]>';
  const refused = [
    ['', 'bad-body'],
    ['{}', 'bad-body'],
    ['<a/>', 'bad-body'],
    [envelope(''), 'bad-body'],
    [body(''), 'bad-body'],
    [body(get + get), 'bad-body'],
    [envelope(`<s:Body><GetItem xmlns="${OURS}"><id>&x;</id></GetItem></s:Body>`, SOAP11, file), 'bad-body'],
    [envelope(`<s:Body><GetItem xmlns="${OURS}"><id>&c;</id></GetItem></s:Body>`, SOAP11, bomb), 'bad-body'],
    [body('<a>'.repeat(500) + '</a>'.repeat(500)), 'bad-body'],
    [body(`<GetItems xmlns="${OURS}"/>`), 'unknown-operation'],
    [body('<GetItem><id>1</id></GetItem>'), 'unknown-operation'],
    [body(`<GetItem xmlns="${OURS}"/>`), 'bad-body'],
    [body(`<GetItem xmlns="${OURS}"><id>one</id></GetItem>`), 'invalid-value'],
    [body(`<ListItems xmlns="${OURS}"><limit>none</limit></ListItems>`), 'bad-limit'],
    [body(`<CreateItem xmlns="${OURS}"><record><nme>x</nme></record></CreateItem>`), 'unknown-field'],
  ];
  for (const [message, code] of refused) {
    const { status, text } = await post(message);
    assert.equal(status, 500, 'SOAP 1.1 has every fault by 500');
    assert.match(text, new RegExp(`<faultcode>s:Client</faultcode>.*<code>${code}</code>`, 's'), message);
  }
  const second = await post(body(`<GetItem xmlns="${OURS}"><id>one</id></GetItem>`, SOAP12), 'application/soap+xml; charset=utf-8');
  assert.equal(second.status, 400);
  assert.match(second.text, /<s:Value>s:Sender<\/s:Value>/);
  const header = await post(envelope(`<s:Header><a xmlns="urn:a" s:mustUnderstand="1"/></s:Header><s:Body>${get}</s:Body>`));
  assert.match(header.text, /<faultcode>s:MustUnderstand<\/faultcode>/);
  const version = await post(body(get, 'urn:none'));
  assert.match(version.text, /<faultcode>s:VersionMismatch<\/faultcode>/);
  assert.equal((await post(body(get), 'application/json')).status, 415);
});

test('a list goes on where its page ended', async () => {
  const items = await client();
  const seen = [];
  let after;
  do {
    const [page] = await items.ListItemsAsync({ sort: 'id', limit: 7, ...(after && { after }) });
    seen.push(...[page.record ?? []].flat().map((record) => Number(record.id)));
    after = page.next;
  } while (after);
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
  assert.equal(new Set(seen).size, seen.length);
});
