//! One product: what it declares of itself, its versions, where it is installed, what an update changes, and its removal.

use askama::Template;
use axum::extract::Path;
use connector_core::model::ActionDanger;
use http::StatusCode;
use sics_client::contract::{
    ManifestView, PieceChange, PieceKind, ProductState, ProductView, RemovalQuery, UpdateBody, UpdateView, VersionView,
};
use sics_client::operation;

use super::catalogue::state_key;
use super::effect::{ShownEffect, read_confirmation};
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::render::{go_to, pass_file, show_page_as};

/// Of versions inside the program, and of those that nobody has signed.
const BUILT_IN: &str = "builtIn";
const NOBODY: &str = "nobody";

#[derive(Template)]
#[template(path = "pages/product.html")]
struct ProductPage<'a> {
    ctx: &'a PageContext,
    product: ProductView,
    update: Option<UpdateView>,
    /// What its removal does to devices, once the API has said so.
    effect: Option<ShownEffect>,
    problem: Option<&'a PageFailure>,
}

impl ProductPage<'_> {
    fn manifest(&self) -> &ManifestView {
        &self.product.manifest
    }

    fn name(&self) -> &str {
        self.manifest().name.in_language(self.ctx.language().code())
    }

    fn summary(&self) -> &str {
        self.manifest().summary.in_language(self.ctx.language().code())
    }

    fn state_text(&self) -> String {
        self.ctx.t(state_key(self.product.state).0)
    }

    fn state_colour(&self) -> &'static str {
        state_key(self.product.state).1
    }

    fn signer(&self, signed_by: &str) -> String {
        match signed_by {
            BUILT_IN => self.ctx.t("products-built-in"),
            NOBODY => self.ctx.t("products-unsigned"),
            key => self.ctx.t1("products-signed-by", "key", key),
        }
    }

    fn is_unsigned(&self, version: &VersionView) -> bool {
        version.signed_by == NOBODY
    }

    /// Whether anything of it would go: what the program brings along stays, its installations do not.
    fn is_removable(&self) -> bool {
        let only_built_in = self
            .product
            .versions
            .iter()
            .all(|version| version.signed_by == BUILT_IN);
        !only_built_in || !self.product.installed.is_empty()
    }

    fn piece(&self, piece: &PieceKind) -> String {
        self.ctx.t(match piece {
            PieceKind::Microservice => "products-piece-microservice",
            PieceKind::Definition => "products-piece-definition",
            PieceKind::Page => "products-piece-page",
            PieceKind::Permission => "products-piece-permission",
            PieceKind::Danger => "products-piece-danger",
            PieceKind::Port => "products-piece-port",
        })
    }

    fn change(&self, how: &PieceChange) -> String {
        self.ctx.t(match how {
            PieceChange::Added => "products-change-added",
            PieceChange::Changed => "products-change-changed",
            PieceChange::Removed => "products-change-removed",
        })
    }

    fn danger(&self, class: &ActionDanger) -> String {
        self.ctx.t(match class {
            ActionDanger::Harmless => "products-danger-harmless",
            ActionDanger::Disruptive => "products-danger-disruptive",
            ActionDanger::Destructive => "products-danger-destructive",
        })
    }

    /// Names, separated by commas; a dash where there are none.
    fn names<T: std::fmt::Display>(&self, names: &[T]) -> String {
        if names.is_empty() {
            return "–".to_owned();
        }
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        names.join(", ")
    }
}

pub(super) async fn show_product(ctx: PageContext, Path(id): Path<String>) -> PageResult {
    render(&ctx, &id, None, None).await
}

/// The picture of a product, as its package has it.
pub(super) async fn show_icon(ctx: PageContext, Path(id): Path<String>) -> PageResult {
    let accept = "image/svg+xml, image/png";
    let file = ctx
        .client()
        .download(&operation::show_icon(), &[id], accept, &())
        .await?;
    pass_file(file)
}

async fn render(ctx: &PageContext, id: &str, effect: Option<ShownEffect>, problem: Option<&PageFailure>) -> PageResult {
    let product = ctx.client().show_product(id).await?;
    let update = match product.state {
        ProductState::UpdateAvailable => Some(ctx.client().plan_update(id).await?),
        ProductState::Available | ProductState::Installed => None,
    };
    let status = match (&effect, problem) {
        (_, Some(problem)) => problem.status,
        (Some(_), None) => StatusCode::CONFLICT,
        (None, None) => StatusCode::OK,
    };
    let page = ProductPage {
        ctx,
        product,
        update,
        effect,
        problem,
    };
    show_page_as(status, &page)
}

/// Exactly what was shown: the digest comes from the form.
pub(super) async fn update_product(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    let body = UpdateBody {
        digest: form.text("digest").to_owned(),
    };
    match ctx.client().update_product(&id, &body).await {
        Ok(_) => go_to(&ctx, &format!("/products/{id}"), "product-updated"),
        Err(error) => {
            let failure = PageFailure::from(error);
            render(&ctx, &id, None, Some(&failure)).await
        }
    }
}

pub(super) async fn remove_product(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    let shown = ShownEffect::from_form(&form);
    match read_removal(&form, shown.as_ref()) {
        Ok(removal) => match ctx.client().remove_product(&id, &removal).await {
            Ok(removed) => {
                let done = match removed.instances {
                    0 => "product-removed",
                    _ => "product-removed-with-instances",
                };
                go_to(&ctx, "/products", done)
            }
            Err(error) => match ShownEffect::from_error(&error) {
                Some(effect) => render(&ctx, &id, Some(effect), None).await,
                None => render(&ctx, &id, shown, Some(&PageFailure::from(error))).await,
            },
        },
        Err(failure) => render(&ctx, &id, shown, Some(&failure)).await,
    }
}

/// What the form asks to remove; refused where something of it is not confirmed.
fn read_removal(form: &FormFields, shown: Option<&ShownEffect>) -> Result<RemovalQuery, PageFailure> {
    Ok(RemovalQuery {
        instances: form.is_ticked("instances"),
        confirm: read_confirmation(form, shown)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::wizard::test_form::make_form;

    #[test]
    fn nothing_is_removed_without_the_tick() {
        let form = make_form(&[("instances", "1")]);
        assert!(read_removal(&form, None).is_err());
        let form = make_form(&[("instances", "1"), ("agree", "1")]);
        let removal = read_removal(&form, None).unwrap();
        assert!(removal.instances && removal.confirm.is_none());
    }
}
