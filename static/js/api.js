// The API's reference, drawn by Scalar from our own schema.
"use strict";
(() => {
  const place = document.getElementById("reference");
  const { theme } = document.documentElement.dataset;
  Scalar.createApiReference(place, {
    url: place.dataset.schema,
    // Nothing leaves this site: no fonts, figures of use or assistants of others, and no
    // requests made in the page, which could do more than they show.
    withDefaultFonts: false,
    telemetry: false,
    agent: { disabled: true },
    mcp: { disabled: true },
    hideClientButton: true,
    hideTestRequestButton: true,
    showDeveloperTools: "never",
    // The schema brings its own examples, and the page its links and theme.
    hiddenClients: true,
    documentDownloadType: "none",
    hideDarkModeToggle: true,
    theme: "none",
    ...(theme && { forceDarkModeState: theme }),
  });
})();
