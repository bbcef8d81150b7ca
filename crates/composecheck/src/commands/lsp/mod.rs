//! `lsp`: a language server for editors, on stdin and stdout.

mod analysis;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use evenkeel_common::{Error, Exit, VERSION};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument,
    DidSaveTextDocument, Exit as ExitNotification, Notification as _, PublishDiagnostics,
};
use lsp_types::request::{
    CodeActionRequest, GotoDefinition, HoverRequest, Initialize, Request as _, Shutdown,
};
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOptions, CodeActionParams, DidChangeTextDocumentParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, GotoDefinitionParams, HoverParams,
    HoverProviderCapability, InitializeResult, Location, OneOf, PublishDiagnosticsParams, ServerCapabilities,
    ServerInfo, TextDocumentSyncCapability, TextDocumentSyncKind, Uri,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::cli::LspArgs;
use crate::editor::actions::Change;
use crate::editor::{text, uri};
use analysis::{Analysis, Texts};

/// Serves an editor until it says that it ends, or closes stdin.
pub(crate) fn lsp(args: &LspArgs) -> Result<Exit, Error> {
    let (connection, threads) = Connection::stdio();
    let exit = Server::new(&connection, args).serve();
    // The threads end when nothing can be sent to them any more.
    drop(connection);
    threads.join().map_err(|e| Error::failed("talk to the editor", e))?;
    Ok(exit)
}

struct Server<'a> {
    connection: &'a Connection,
    args: &'a LspArgs,
    texts: Texts,
    versions: HashMap<PathBuf, i32>,
    analyses: HashMap<PathBuf, Analysis>,
    /// Whether something has changed since the last analysis.
    is_stale: bool,
    is_shut_down: bool,
}

impl<'a> Server<'a> {
    fn new(connection: &'a Connection, args: &'a LspArgs) -> Self {
        Self {
            connection,
            args,
            texts: Texts::new(),
            versions: HashMap::new(),
            analyses: HashMap::new(),
            is_stale: false,
            is_shut_down: false,
        }
    }

    /// Handles messages. Only when none is waiting, or a request needs it, the open files are analysed: not after each key of
    /// somebody who types fast.
    fn serve(mut self) -> Exit {
        loop {
            let waiting = self.connection.receiver.try_recv().ok();
            let message = waiting.or_else(|| {
                self.refresh();
                self.connection.receiver.recv().ok()
            });
            match message {
                Some(Message::Notification(note)) if note.method == ExitNotification::METHOD => break,
                Some(Message::Notification(note)) => self.notice(note),
                Some(Message::Request(request)) => {
                    self.refresh();
                    let response = self.answer(request);
                    self.send(response.into());
                }
                Some(Message::Response(_)) => {}
                None => break,
            }
        }
        if self.is_shut_down { Exit::Done } else { Exit::No }
    }

    fn send(&self, message: Message) {
        // If the editor is gone, reading ends too.
        let _ = self.connection.sender.send(message);
    }

    /// Notes what the editor tells. What cannot be understood is left out: there is nobody to answer to.
    fn notice(&mut self, note: Notification) {
        match note.method.as_str() {
            DidOpenTextDocument::METHOD => {
                if let Some(params) = parse::<DidOpenTextDocumentParams>(note.params) {
                    let document = params.text_document;
                    self.set(&document.uri, document.version, document.text);
                }
            }
            DidChangeTextDocument::METHOD => {
                if let Some(params) = parse::<DidChangeTextDocumentParams>(note.params) {
                    self.change(params);
                }
            }
            DidCloseTextDocument::METHOD => {
                if let Some(params) = parse::<DidCloseTextDocumentParams>(note.params) {
                    self.close(&params.text_document.uri);
                }
            }
            DidSaveTextDocument::METHOD | DidChangeWatchedFiles::METHOD => self.is_stale = true,
            _ => {}
        }
    }

    fn set(&mut self, uri: &Uri, version: i32, text: String) {
        let Some(path) = uri::to_path(uri) else { return };
        self.versions.insert(path.clone(), version);
        self.texts.insert(path, text);
        self.is_stale = true;
    }

    fn change(&mut self, params: DidChangeTextDocumentParams) {
        let document = params.text_document;
        let Some(old) = uri::to_path(&document.uri).and_then(|path| self.texts.get(&path).cloned()) else {
            return;
        };
        let apply = |text: String, change: lsp_types::TextDocumentContentChangeEvent| {
            text::changed(&text, change.range, &change.text)
        };
        let new = params.content_changes.into_iter().fold(old, apply);
        self.set(&document.uri, document.version, new);
    }

    fn close(&mut self, uri: &Uri) {
        let Some(path) = uri::to_path(uri) else { return };
        self.texts.remove(&path);
        self.analyses.remove(&path);
        self.versions.remove(&path);
        self.is_stale = true;
        self.publish(uri.clone(), None, Vec::new());
    }

    /// Analyses the open files if something has changed, and shows what is found. Any of them may be part of another one.
    fn refresh(&mut self) {
        if !std::mem::take(&mut self.is_stale) {
            return;
        }
        let paths: Vec<PathBuf> = self.texts.keys().cloned().collect();
        for path in paths {
            let Some(uri) = uri::of_path(&path) else { continue };
            let version = self.versions.get(&path).copied();
            if !is_compose(&path, &self.texts[&path]) {
                self.analyses.remove(&path);
                self.publish(uri, version, Vec::new());
                continue;
            }
            let analysis = Analysis::of(&path, &self.texts, self.args);
            self.publish(uri, version, analysis.diagnostics());
            self.analyses.insert(path, analysis);
        }
    }

    fn publish(&self, uri: Uri, version: Option<i32>, diagnostics: Vec<lsp_types::Diagnostic>) {
        let params = PublishDiagnosticsParams { uri, diagnostics, version };
        self.send(Notification::new(PublishDiagnostics::METHOD.to_owned(), params).into());
    }

    fn answer(&mut self, request: Request) -> Response {
        let (id, params) = (request.id, request.params);
        let result = match request.method.as_str() {
            Initialize::METHOD => to_value(initialize()),
            Shutdown::METHOD => {
                self.is_shut_down = true;
                Some(Value::Null)
            }
            HoverRequest::METHOD => parse::<HoverParams>(params).map(|params| self.hover(&params)),
            GotoDefinition::METHOD => {
                parse::<GotoDefinitionParams>(params).map(|params| self.definition(&params))
            }
            CodeActionRequest::METHOD => {
                parse::<CodeActionParams>(params).map(|params| self.actions(&params))
            }
            other => {
                let cause = format!("composecheck does not know {other}");
                return Response::new_err(id, ErrorCode::MethodNotFound as i32, cause);
            }
        };
        match result {
            Some(result) => Response::new_ok(id, result),
            None => {
                Response::new_err(id, ErrorCode::InvalidParams as i32, "the parameters are not valid".into())
            }
        }
    }

    fn analysis(&self, uri: &Uri) -> Option<&Analysis> {
        self.analyses.get(&uri::to_path(uri)?)
    }

    fn hover(&self, params: &HoverParams) -> Value {
        let at = &params.text_document_position_params;
        let hover = self.analysis(&at.text_document.uri).and_then(|analysis| analysis.hover(at.position));
        to_value(hover).unwrap_or_default()
    }

    fn definition(&self, params: &GotoDefinitionParams) -> Value {
        let at = &params.text_document_position_params;
        let find = || {
            let analysis = self.analysis(&at.text_document.uri)?;
            let place = analysis.definition(at.position)?;
            let text = analysis.read(&place.path)?;
            let range = text::range(&text, place.start, place.end);
            Some(Location { uri: uri::of_path(&place.path)?, range })
        };
        to_value(find()).unwrap_or_default()
    }

    fn actions(&self, params: &CodeActionParams) -> Value {
        let uri = &params.text_document.uri;
        let Some(analysis) = self.analysis(uri) else { return json!([]) };
        let only = params.context.only.as_deref();
        let is_wanted =
            |kind: &CodeActionKind| only.is_none_or(|only| only.iter().any(|wanted| covers(wanted, kind)));
        let mut changes = Vec::new();
        if is_wanted(&CodeActionKind::QUICKFIX) {
            changes.extend(analysis.changes(params.range, self.args));
        }
        if is_wanted(&fix_all_kind()) {
            changes.extend(analysis.fix_all(self.args));
        }
        let old = uri::to_path(uri).and_then(|path| self.texts.get(&path)).map_or("", String::as_str);
        changes.iter().map(|change| action(uri, old, change)).collect()
    }
}

fn initialize() -> InitializeResult {
    let capabilities = ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::INCREMENTAL)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(
            CodeActionOptions {
                code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, fix_all_kind()]),
                ..CodeActionOptions::default()
            }
            .into(),
        ),
        ..ServerCapabilities::default()
    };
    let server_info = ServerInfo { name: "composecheck".to_owned(), version: Some(VERSION.to_owned()) };
    InitializeResult { capabilities, server_info: Some(server_info) }
}

fn fix_all_kind() -> CodeActionKind {
    CodeActionKind::new("source.fixAll.composecheck")
}

/// Whether a wanted kind is this one or a more general one: `source.fixAll` covers `source.fixAll.composecheck`.
fn covers(wanted: &CodeActionKind, kind: &CodeActionKind) -> bool {
    let rest = kind.as_str().strip_prefix(wanted.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || wanted.as_str().is_empty())
}

/// A code action that makes a change. The map of changes is written as JSON: its type has a key that could change.
fn action(uri: &Uri, old: &str, change: &Change) -> Value {
    let action =
        CodeAction { title: change.title.clone(), kind: Some(change.kind.clone()), ..CodeAction::default() };
    let mut value = to_value(action).unwrap_or_default();
    value["edit"] = json!({ "changes": { uri.as_str(): [text::edit(old, &change.after)] } });
    value
}

/// Whether a file is one of Compose, judging by its name, or by its content: editors send every YAML file.
fn is_compose(path: &Path, text: &str) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let has_key = |line: &str| line.starts_with("services:") || line.starts_with("include:");
    name.contains("compose") || text.lines().any(has_key)
}

fn parse<P: DeserializeOwned>(params: Value) -> Option<P> {
    serde_json::from_value(params).ok()
}

fn to_value(value: impl Serialize) -> Option<Value> {
    serde_json::to_value(value).ok()
}
