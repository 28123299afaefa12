// Words on the shop's own page while the payment goes on elsewhere. The language is the session's, then English.

const OVERLAY_TEXTS = {
  en: {
    widgetTitle: "Payment options",
    flowTitle: "Payment",
    heading: "Finish your payment in the other window",
    lead: "This page continues by itself when you are done.",
    focus: "Show the payment window",
    cancel: "Cancel payment",
    sure: "Cancel this payment?",
    yes: "Yes, cancel",
    no: "No, go on",
  },
  de: {
    widgetTitle: "Zahlungsoptionen",
    flowTitle: "Zahlung",
    heading: "Bezahle im anderen Fenster zu Ende",
    lead: "Diese Seite macht von selbst weiter, sobald du fertig bist.",
    focus: "Zahlungsfenster zeigen",
    cancel: "Zahlung abbrechen",
    sure: "Diese Zahlung abbrechen?",
    yes: "Ja, abbrechen",
    no: "Nein, weiter",
  },
  sv: {
    widgetTitle: "Betalningsalternativ",
    flowTitle: "Betalning",
    heading: "Slutför betalningen i det andra fönstret",
    lead: "Den här sidan fortsätter av sig själv när du är klar.",
    focus: "Visa betalningsfönstret",
    cancel: "Avbryt betalningen",
    sure: "Vill du avbryta betalningen?",
    yes: "Ja, avbryt",
    no: "Nej, fortsätt",
  },
  fr: {
    widgetTitle: "Options de paiement",
    flowTitle: "Paiement",
    heading: "Terminez votre paiement dans l’autre fenêtre",
    lead: "Cette page continue toute seule dès que vous avez fini.",
    focus: "Afficher la fenêtre de paiement",
    cancel: "Annuler le paiement",
    sure: "Annuler ce paiement ?",
    yes: "Oui, annuler",
    no: "Non, continuer",
  },
  it: {
    widgetTitle: "Opzioni di pagamento",
    flowTitle: "Pagamento",
    heading: "Completa il pagamento nell’altra finestra",
    lead: "Questa pagina prosegue da sola quando hai finito.",
    focus: "Mostra la finestra di pagamento",
    cancel: "Annulla il pagamento",
    sure: "Annullare questo pagamento?",
    yes: "Sì, annulla",
    no: "No, continua",
  },
};

function overlayLanguage(state) {
  const wanted = state.claims?.locale || state.claims?.language || document.documentElement.lang || "en";
  const language = String(wanted).toLowerCase().split("-")[0];
  return OVERLAY_TEXTS[language] ? language : "en";
}

function overlayText(state, key) {
  return OVERLAY_TEXTS[overlayLanguage(state)][key];
}
