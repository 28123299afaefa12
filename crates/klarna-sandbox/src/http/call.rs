//! One request to Klarna's API, from bytes to bytes.
//!
//! Invariant: once a request is read, its effect happens whether or not the caller waits for the answer; a closed
//! connection is no undo. Faults surround the effect and never enter it.

use std::sync::{Arc, PoisonError};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::Value;

use super::failure::failure;
use super::goes_on::GoesOn;
use super::in_flight::Flight;
use super::rate::{Category, Standing};
use super::record::{self, Facts, Script, announced};
use super::render::{self, Rendered};
use super::route::{self, NoRoute, Route};
use super::struck::{self, Outgoing};
use super::{BODY_LIMIT, auth, limits};
use crate::fault::{self, FaultKind, HeaderFaults, Strike, Target};
use crate::request_log::Logged;
use crate::slot::{Door, SharedSlot};
use crate::world::{Command, Reply, bad_request};
use crate::{Sandbox, SandboxError};

/// A request after the edge let it in.
struct Call {
    sandbox: Arc<Sandbox>,
    slot: SharedSlot,
    method: Method,
    path: String,
    facts: Facts,
    began: Timestamp,
    /// What the world said when the call came in.
    door: Door,
    /// Where the call stands against its rate limit, in worlds that count.
    standing: Option<Standing>,
    /// The faults that the request asks for, or why they cannot be read.
    asked: Result<HeaderFaults, String>,
}

/// Another call has the idempotency key.
struct InFlight;

/// Any request under Klarna's paths.
pub(super) async fn klarna(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Response {
    let slot = auth::world(&sandbox, request.headers()).await;
    let began = sandbox.clock.now();
    let (parts, body) = request.into_parts();
    // Read before anything is refused: a body left on the connection would end it under the next request.
    let body = match announced(&parts.headers) {
        0..=BODY_LIMIT => axum::body::to_bytes(body, BODY_LIMIT).await.ok(),
        _ => None,
    };
    let slot = match slot {
        Ok(slot) => slot,
        Err(refusal) => return refusal.into_response(),
    };
    let body = body.filter(|_| limits::headers_fit(&parts.headers));
    let was_read = body.is_some();
    let target = parts.uri.path_and_query().map(|target| target.as_str());
    let target = target.unwrap_or(parts.uri.path());
    let door = slot.enter(&*sandbox.clock, record::is_fresh(&parts));
    let targets = [Target::Request, Target::Callback];
    let call = Call {
        asked: asked(door.header_faults, &parts.headers, &targets),
        began,
        facts: Facts::of(&sandbox, door.numbered, &parts, target, body),
        path: parts.uri.path().to_owned(),
        method: parts.method,
        door,
        standing: None,
        sandbox,
        slot,
    };
    let call = Call {
        standing: call.counted(),
        ..call
    };
    if !was_read {
        return call.refuse(
            "too_large",
            &Reply::error(413, "REQUEST_TOO_LARGE", "Request is too large"),
        );
    }
    // The caller's connection owns this future, the effect must not end with it.
    GoesOn::new(call.answer()).await
}

/// The faults in the headers of a request, if its world takes them.
pub(super) fn asked(
    taken: bool,
    headers: &HeaderMap,
    targets: &[Target],
) -> Result<HeaderFaults, String> {
    if taken {
        HeaderFaults::read(headers, targets)
    } else {
        Ok(HeaderFaults::default())
    }
}

impl Call {
    async fn answer(self) -> Response {
        // The refusal of a call that leads nowhere stands behind maintenance, like every other.
        let understood = match route::find(&self.method, &self.path) {
            Ok(route) => self
                .command(route)
                .map_err(|operation| (operation, bad_request())),
            Err(NoRoute::Path) => Err(("unknown", Reply::errors(404, "NOT_FOUND", Vec::new()))),
            Err(NoRoute::Method) => {
                let reply = Reply::errors(405, "METHOD_NOT_ALLOWED", Vec::new());
                Err(("unknown", reply))
            }
        };
        let operation = match &understood {
            Ok(command) => command.operation(),
            Err((operation, _)) => operation,
        };
        if let Some(answer) = self.closed(operation) {
            return answer;
        }
        if let Err(reason) = &self.asked {
            let message = format!("Bad value: {reason}");
            return self.refuse(operation, &Reply::error(400, "BAD_VALUE", message));
        }
        if self.standing.is_some_and(|standing| !standing.allowed) {
            let reply = Reply::error(429, "TOO_MANY_REQUESTS", "Too many requests");
            return self.refuse(operation, &reply);
        }
        let command = match understood {
            Ok(command) => command,
            Err((operation, reply)) => return self.refuse(operation, &reply),
        };
        let Ok(flight) = self.flight(&command) else {
            return self.refuse(operation, &Reply::errors(409, "CONFLICT", Vec::new()));
        };
        let response = self.perform(command).await;
        drop(flight);
        response
    }

    /// The answer during maintenance.
    fn closed(&self, operation: &'static str) -> Option<Response> {
        let strike = match &self.facts.script {
            Some(script) => {
                let struck = script.struck()?;
                (struck.kind == FaultKind::Maintenance).then(|| Strike::again(struck))?
            }
            None => Strike::maintenance(self.slot.faults.meet_maintenance(self.door.now)?),
        };
        let rendered = self.rendered(&failure(503, &self.path, false));
        self.ended(operation, &Outgoing::Whole(rendered.clone()), Some(&strike));
        Some(rendered.into_response())
    }

    /// The command of a route. A body that is no JSON is refused before anything else is looked at.
    fn command(&self, route: Route) -> Result<Command, &'static str> {
        let body = if route.takes_body() {
            serde_json::from_slice(&self.facts.body)
        } else {
            Ok(Value::Null)
        };
        let sound = body.is_ok();
        let command = route.command(
            body.unwrap_or_default(),
            self.facts.key.clone(),
            self.facts.url.clone(),
        );
        if sound {
            Ok(command)
        } else {
            Err(command.operation())
        }
    }

    /// The effect, with the fault around it that strikes the call.
    async fn perform(self, command: Command) -> Response {
        let operation = command.operation();
        let asked = self.asked.as_ref().unwrap_or(&fault::NONE);
        let mut strike = self.strike(operation, asked);
        if let Some(strike) = &mut strike {
            if strike.kind == FaultKind::HoldBefore {
                strike.hold().await;
            }
            if let Some(outgoing) = self.instead_of_effect(strike) {
                self.ended(operation, &outgoing, Some(strike));
                return outgoing.into_response();
            }
        }
        let outgoing = match self.effect(command, strike.as_ref(), asked).await {
            Ok(outgoing) => outgoing,
            Err(error) => {
                tracing::error!(%error, operation, "the journal did not take a command");
                Outgoing::Whole(self.rendered(&failure(500, &self.path, false)))
            }
        };
        self.log(operation, outgoing.rendered(), strike.as_ref());
        if let Some(strike) = &mut strike
            && strike.kind == FaultKind::HoldAfter
        {
            strike.hold().await;
        }
        outgoing.into_response()
    }

    /// What strikes this call, or struck it then.
    fn strike(&self, operation: &str, asked: &HeaderFaults) -> Option<Strike> {
        let faults = &self.slot.faults;
        match &self.facts.script {
            Some(script) => script.struck().map(Strike::again),
            None => faults.strike(Target::Request, operation, asked, &*self.sandbox.entropy),
        }
    }

    /// The answer that stands in the place of an effect; `None` when the call goes on.
    fn instead_of_effect(&self, strike: &Strike) -> Option<Outgoing> {
        Some(match strike.kind {
            FaultKind::DropBefore => Outgoing::Nothing,
            FaultKind::StatusBefore => {
                Outgoing::Whole(self.rendered(&failure(strike.status, &self.path, false)))
            }
            FaultKind::EdgePageBefore => Outgoing::Whole(render::edge_page(strike.status)),
            FaultKind::RateLimited => {
                let mut rendered = self.rendered(&failure(429, &self.path, false));
                let column = self.slot.look(&*self.sandbox.clock, |world, _| {
                    world.settings().rate_limit_column
                });
                Standing::used_up(self.category(), column).write(&mut rendered.headers);
                Outgoing::Whole(rendered)
            }
            _ => return None,
        })
    }

    /// What the call does to the world, and what the caller gets to see of it.
    async fn effect(
        &self,
        command: Command,
        strike: Option<&Strike>,
        asked: &HeaderFaults,
    ) -> Result<Outgoing, SandboxError> {
        if let (Command::PlaceOrder { token, .. }, Some(strike)) = (&command, strike)
            && strike.kind == FaultKind::ErrorSticks
            && self.facts.script.is_none()
        {
            let spoil = Command::SpoilAuthorization {
                token: token.clone(),
                error: struck::sticking(strike.status, &self.path),
            };
            self.sandbox.execute(&self.slot, spoil).await?;
        }
        let sent = self.facts.sent(Some(&command));
        let render = |reply: Reply, whole: bool| {
            let outgoing = match strike {
                Some(strike) if strike.kind == FaultKind::StatusAfter => {
                    Outgoing::Whole(self.rendered(&failure(strike.status, &self.path, true)))
                }
                Some(strike) => struck::after_effect(strike, self.rendered(&reply)),
                None => Outgoing::Whole(self.rendered(&reply)),
            };
            let call = self
                .facts
                .call(sent, strike, self.standing, &outgoing, whole);
            (outgoing, Some(call))
        };
        let moment = self.facts.moment(&self.sandbox, asked);
        let answer = self.sandbox.answer(&self.slot, command, moment, render);
        answer.await
    }

    /// What the call counts with; what leads nowhere counts with everything else.
    fn category(&self) -> Category {
        let route = route::find(&self.method, &self.path);
        route.map_or(Category::Other, |route| {
            Category::of(&route, &self.facts.body)
        })
    }

    /// Counts the call, if its world counts.
    fn counted(&self) -> Option<Standing> {
        if let Some(call) = self.facts.script.as_ref().and_then(Script::call) {
            return call.rate;
        }
        let column = self.door.rate_limits?;
        let rates = self.slot.rates.lock();
        let mut rates = rates.unwrap_or_else(PoisonError::into_inner);
        Some(rates.count(self.category(), column, self.began))
    }

    /// Takes the call's idempotency key, in worlds that refuse a second call while the first is on its way.
    ///
    /// # Errors
    /// While another call has the key.
    fn flight(&self, command: &Command) -> Result<Option<Flight>, InFlight> {
        if let Some(script) = &self.facts.script {
            return match script.was_refused() {
                true => Err(InFlight),
                false => Ok(None),
            };
        }
        let refuses = self.door.conflict_on_key_in_flight;
        match command.idempotency_key().filter(|_| refuses) {
            Some(key) => Flight::begin(&self.slot, key).map(Some).ok_or(InFlight),
            None => Ok(None),
        }
    }

    fn rendered(&self, reply: &Reply) -> Rendered {
        let mut rendered = self.facts.rendered(reply);
        if let Some(standing) = self.standing {
            standing.write(&mut rendered.headers);
        }
        rendered
    }

    fn refuse(&self, operation: &'static str, reply: &Reply) -> Response {
        let outgoing = Outgoing::Whole(self.rendered(reply));
        self.ended(operation, &outgoing, None);
        outgoing.into_response()
    }

    /// Records a request that never became a command.
    fn ended(&self, operation: &'static str, outgoing: &Outgoing, strike: Option<&Strike>) {
        let sent = self.facts.sent(None);
        let at = self.facts.script.as_ref().map(Script::at);
        self.slot.note(&*self.sandbox.clock, at, |whole| {
            self.facts
                .call(sent, strike, self.standing, outgoing, whole)
        });
        self.log(operation, outgoing.rendered(), strike);
    }

    fn log(&self, operation: &'static str, answer: Option<&Rendered>, strike: Option<&Strike>) {
        let took = self.sandbox.clock.now().duration_since(self.began);
        let entry = Logged {
            at: self.door.now,
            method: self.method.to_string(),
            path: self.path.clone(),
            operation,
            status: answer.map(|answer| answer.status),
            correlation_id: self.facts.correlation_id.clone(),
            idempotency_key: self.facts.key.clone(),
            made: answer.and_then(|answer| {
                let header = ["capture-id", "refund-id"]
                    .iter()
                    .find_map(|name| answer.headers.get(*name))?;
                header.to_str().ok().map(str::to_owned)
            }),
            fault: strike.map(|strike| strike.kind.name()),
            fault_by: strike.map(|strike| strike.by.shown()),
            request: self.facts.body.clone(),
            response: answer.map(|answer| answer.body.clone()).unwrap_or_default(),
            duration_us: i64::try_from(took.as_micros()).unwrap_or(i64::MAX),
        };
        let log = self.slot.log.lock();
        log.unwrap_or_else(PoisonError::into_inner).add(entry);
    }
}
