// Signing in by a password, and choosing one by the code that an administrator has given out.

import { h } from 'preact';
import { useState } from 'preact/hooks';
import { call } from './api.js';

const SET_UP = '#set-up=';

/** The code of the address, where it is one by which a password is chosen; it never reaches a server's log. */
export const setUpCode = () => (location.hash.startsWith(SET_UP) ? location.hash.slice(SET_UP.length) : null);

const post = (path, body) =>
  call(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

function Form({ title, done, act, children }) {
  const [failure, setFailure] = useState(null);
  const [busy, setBusy] = useState(false);
  async function onSubmit(event) {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    try {
      await act(new FormData(event.target));
    } catch (refused) {
      setFailure(refused.message);
    }
    setBusy(false);
  }
  return h('form', { onSubmit, 'aria-label': title },
    children,
    failure && h('p', { role: 'alert', class: 'problem' }, failure),
    h('button', { type: 'submit', disabled: busy }, done));
}

const field = (label, name, type, autocomplete) =>
  h('label', null, label, h('input', { name, type, autocomplete, required: true }));

function Password() {
  const [second, setSecond] = useState(false);
  async function act(given) {
    const code = (given.get('code') ?? '').trim();
    const shown = code === '' ? {} : code.includes('-') ? { recoveryCode: code } : { code };
    try {
      await post('/v1/sign-in', { user: given.get('user'), password: given.get('password'), ...shown });
      location.reload();
    } catch (refused) {
      if (refused.problem?.code === 'second-factor-needed') setSecond(true);
      throw refused;
    }
  }
  return h(Form, { title: 'Sign in', done: 'Sign in', act },
    field('Name', 'user', 'text', 'username'),
    field('Password', 'password', 'password', 'current-password'),
    second && field('Code of your app, or a recovery code', 'code', 'text', 'one-time-code'));
}

export const SignIn = () =>
  h('main', { class: 'card sign-in' },
    h('h1', null, 'You are not signed in'),
    h(Password),
    h('p', null, 'Or a link that works once signs this browser in:'),
    h('p', null, 'In the demo, start ', h('code', null, './unisono demo'), ' again and open the link it prints.'),
    h('p', null, 'Else ask for a link with the admin token, which is in the state folder:'),
    h('pre', null, 'curl -X POST -H "Authorization: Bearer $(cat data/admin-token)" '
      + location.origin + '/v1/admin/sign-in-links'),
    h('p', { class: 'quiet' }, 'This page goes on by itself once you are signed in.'));

export function SetUp({ code }) {
  const [chosen, setChosen] = useState(false);
  async function act(given) {
    await post('/v1/sign-in/password', { code, password: given.get('password') });
    history.replaceState(null, '', '/');
    setChosen(true);
  }
  return h('main', { class: 'card sign-in' },
    h('h1', null, 'Your password'),
    chosen
      ? h(Password)
      : h(Form, { title: 'Your password', done: 'Take it', act },
        h('p', null, 'At least 12 characters. Several words that have nothing to do with each other are a good one.'),
        field('Password', 'password', 'password', 'new-password')));
}
