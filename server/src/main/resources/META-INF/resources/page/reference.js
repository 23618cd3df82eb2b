// The doors' own description, to be read and tried out by who is signed in.

import { csrf } from './api.js';

const place = document.getElementById("reference");

const response = await fetch("/v1/openapi.json");
if (response.ok) {
  globalThis.SwaggerUIBundle({
    spec: await response.json(),
    domNode: place,
    // The session signs requests of our own pages.
    withCredentials: true,
    requestInterceptor: async (request) => {
      if ((request.method ?? 'GET') !== 'GET') request.headers = { ...request.headers, ...await csrf() };
      return request;
    },
    // Nothing is asked of another server.
    validatorUrl: null,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    tryItOutEnabled: false,
  });
} else {
  const problem = await response.json();
  place.textContent = problem.detail;
}
