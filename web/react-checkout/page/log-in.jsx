// Guests may log in at any time; the page is read anew with the customer's token.

import { useState } from "react";

import { logIn } from "./session.js";

export function LogIn({ config, session }) {
  const [refused, setRefused] = useState("");
  if (!session.guest) return <p data-testid="who">You are logged in.</p>;
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    try {
      await logIn(config, Object.fromEntries(form));
      location.reload();
    } catch (error) {
      setRefused(error.message);
    }
  };
  return (
    <form onSubmit={submit} data-testid="log-in">
      <label>E-mail <input name="username" type="email" autoComplete="username" /></label>
      <label>Password <input name="password" type="password" autoComplete="current-password" /></label>
      <button>Log in</button>
      <span role="alert">{refused}</span>
    </form>
  );
}
