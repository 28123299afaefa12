//! What a file mentions: paths, method names, literals, functions, modules; one walk for all rules.
//!
//! Paths are expanded through the file's own `use` lines, so `time::sleep` after `use tokio::time`
//! is seen as `tokio::time::sleep`. Macro arguments are read token by token. Attributes and
//! documentation are left out: a rule is about code.

use std::collections::HashMap;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// Something seen at a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct At<T> {
    pub(crate) what: T,
    pub(crate) line: usize,
}

/// A function with a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// From the `fn` line to the closing brace.
    pub(crate) lines: usize,
    /// Whether a trait fixes its name.
    pub(crate) in_trait_impl: bool,
}

/// Everything the rules ask about one file.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Paths joined by `::`, as written and as expanded through imports.
    pub(crate) paths: Vec<At<String>>,
    pub(crate) methods: Vec<At<String>>,
    pub(crate) strings: Vec<At<String>>,
    pub(crate) float_literals: Vec<At<String>>,
    pub(crate) functions: Vec<At<Function>>,
    pub(crate) modules: Vec<At<String>>,
    /// `async` functions and blocks, and `.await`.
    pub(crate) suspensions: Vec<At<&'static str>>,
}

impl Facts {
    /// Reads the facts of a list of items.
    pub(crate) fn of(items: &[syn::Item]) -> Self {
        let mut imports = Imports::default();
        for item in items {
            imports.visit_item(item);
        }
        let mut walk = Walk {
            facts: Facts::default(),
            aliases: HashMap::new(),
            in_trait_impl: false,
        };
        for path in imports.found {
            walk.aliases.insert(path.local, path.full.what.clone());
            walk.facts.paths.push(path.full);
        }
        for item in items {
            walk.visit_item(item);
        }
        walk.facts
    }
}

struct Import {
    local: String,
    full: At<String>,
}

#[derive(Default)]
struct Imports {
    found: Vec<Import>,
}

impl Imports {
    fn flatten(&mut self, prefix: &str, tree: &syn::UseTree) {
        let join = |name: &str| {
            if prefix.is_empty() {
                name.to_owned()
            } else {
                format!("{prefix}::{name}")
            }
        };
        match tree {
            syn::UseTree::Path(path) => self.flatten(&join(&path.ident.to_string()), &path.tree),
            syn::UseTree::Group(group) => {
                for part in &group.items {
                    self.flatten(prefix, part);
                }
            }
            syn::UseTree::Glob(_) => self.push("*", prefix, tree),
            syn::UseTree::Name(name) => {
                let name = name.ident.to_string();
                if name == "self" {
                    let last = prefix.rsplit("::").next().unwrap_or(prefix).to_owned();
                    self.push(&last, prefix, tree);
                } else {
                    self.push(&name, &join(&name), tree);
                }
            }
            syn::UseTree::Rename(rename) => {
                let full = join(&rename.ident.to_string());
                self.push(&rename.rename.to_string(), &full, tree);
            }
        }
    }

    fn push(&mut self, local: &str, full: &str, tree: &syn::UseTree) {
        self.found.push(Import {
            local: local.to_owned(),
            full: At {
                what: full.to_owned(),
                line: tree.span().start().line,
            },
        });
    }
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.flatten("", &item.tree);
    }
}

struct Walk {
    facts: Facts,
    aliases: HashMap<String, String>,
    in_trait_impl: bool,
}

impl Walk {
    fn path(&mut self, segments: &[String], line: usize) {
        let Some(first) = segments.first() else {
            return;
        };
        let written = segments.join("::");
        if let Some(full) = self.aliases.get(first)
            && full != first
        {
            let rest = &segments[1..];
            let what = std::iter::once(full.clone())
                .chain(rest.iter().cloned())
                .collect::<Vec<_>>()
                .join("::");
            self.facts.paths.push(At { what, line });
        }
        self.facts.paths.push(At {
            what: written,
            line,
        });
    }

    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let line = signature.span().start().line;
        let end = block.span().end().line;
        self.facts.functions.push(At {
            what: Function {
                name: signature.ident.to_string(),
                lines: end.saturating_sub(line) + 1,
                in_trait_impl: self.in_trait_impl,
            },
            line,
        });
    }

    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut path_line = 0;
        let mut colons = 0;
        let mut after_dot = false;
        for token in tokens {
            let line = token.span().start().line;
            if let TokenTree::Ident(ident) = &token {
                if colons != 2 && !path.is_empty() {
                    self.path(&std::mem::take(&mut path), path_line);
                }
                if after_dot {
                    self.facts.methods.push(At {
                        what: ident.to_string(),
                        line,
                    });
                } else {
                    path_line = if path.is_empty() { line } else { path_line };
                    path.push(ident.to_string());
                }
                colons = 0;
                after_dot = false;
                continue;
            }
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.path(&std::mem::take(&mut path), path_line);
                    colons = 0;
                    after_dot = self.other_token(other, after_dot);
                }
            }
        }
        self.path(&path, path_line);
    }

    /// Reads a token that is no part of a path; answers whether it was a dot.
    fn other_token(&mut self, token: TokenTree, after_dot: bool) -> bool {
        match token {
            TokenTree::Group(group) => self.tokens(group.stream()),
            // `x.0.1` lexes as `x`, `.`, `0.1`: no float.
            TokenTree::Literal(literal) if !after_dot => {
                self.visit_lit(&syn::Lit::new(literal));
            }
            TokenTree::Punct(punct) => return punct.as_char() == '.',
            TokenTree::Literal(_) | TokenTree::Ident(_) => {}
        }
        false
    }
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_item_use(&mut self, _: &'ast syn::ItemUse) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.path(&segments, path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }

    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        self.facts.strings.push(At {
            what: literal.value(),
            line: literal.span().start().line,
        });
    }

    fn visit_lit_float(&mut self, literal: &'ast syn::LitFloat) {
        self.facts.float_literals.push(At {
            what: literal.to_string(),
            line: literal.span().start().line,
        });
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.facts.methods.push(At {
            what: call.method.to_string(),
            line: call.method.span().start().line,
        });
        visit::visit_expr_method_call(self, call);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let outer = self.in_trait_impl;
        self.in_trait_impl = item.trait_.is_some();
        visit::visit_item_impl(self, item);
        self.in_trait_impl = outer;
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        if let Some(token) = &signature.asyncness {
            self.facts.suspensions.push(At {
                what: "async fn",
                line: token.span.start().line,
            });
        }
        visit::visit_signature(self, signature);
    }

    fn visit_expr_async(&mut self, block: &'ast syn::ExprAsync) {
        self.facts.suspensions.push(At {
            what: "async block",
            line: block.async_token.span.start().line,
        });
        visit::visit_expr_async(self, block);
    }

    fn visit_expr_await(&mut self, expression: &'ast syn::ExprAwait) {
        self.facts.suspensions.push(At {
            what: ".await",
            line: expression.await_token.span.start().line,
        });
        visit::visit_expr_await(self, expression);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.facts.modules.push(At {
            what: item.ident.to_string(),
            line: item.ident.span().start().line,
        });
        visit::visit_item_mod(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(text: &str) -> Facts {
        Facts::of(&syn::parse_file(text).expect("parses").items)
    }

    fn has_path(facts: &Facts, path: &str) -> bool {
        facts.paths.iter().any(|seen| seen.what == path)
    }

    #[test]
    fn grouped_and_renamed_imports_are_expanded() {
        let facts = facts("use std::{fs, net as sockets, time::{self}};");
        for path in ["std::fs", "std::net", "std::time"] {
            assert!(has_path(&facts, path), "{path}");
        }
    }

    #[test]
    fn a_path_is_expanded_through_its_import() {
        let facts = facts("use tokio::time;\nfn f() { time::sleep(x); }");
        assert!(has_path(&facts, "tokio::time::sleep"));
    }

    #[test]
    fn macro_arguments_are_read() {
        let facts = facts("fn f() { vec![std::fs::read(\"a.b\"), x.0.1, 1.5, y.as_f64()]; }");
        assert!(has_path(&facts, "std::fs::read"));
        assert_eq!(facts.strings[0].what, "a.b");
        assert_eq!(facts.float_literals.len(), 1);
        assert_eq!(facts.float_literals[0].what, "1.5");
        assert_eq!(facts.methods[0].what, "as_f64");
    }

    #[test]
    fn documentation_is_no_literal() {
        assert!(facts("/// SELECT a FROM b\nfn f() {}").strings.is_empty());
    }
}
