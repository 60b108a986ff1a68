//! All products as cards, and the import of a package.

use askama::Template;
use http::StatusCode;
use sics_client::contract::{PackageBody, ProductState, ProductView};

use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::render::{go_to, show_page_as};

#[derive(Template)]
#[template(path = "pages/products.html")]
struct ProductsPage<'a> {
    ctx: &'a PageContext,
    products: Vec<ProductView>,
    problem: Option<&'a PageFailure>,
    /// The package is taken although it is unsigned, or older.
    unsigned: bool,
    downgrade: bool,
}

/// Key of the text of a state, and the colour that it has.
pub(super) fn state_key(state: ProductState) -> (&'static str, &'static str) {
    match state {
        ProductState::Available => ("products-available", ""),
        ProductState::Installed => ("products-installed", "good"),
        ProductState::UpdateAvailable => ("products-update-available", "warning"),
    }
}

impl ProductsPage<'_> {
    fn name(&self, product: &ProductView) -> String {
        let name = product.manifest.name.in_language(self.ctx.language().code());
        self.ctx.plain(name)
    }

    fn summary(&self, product: &ProductView) -> String {
        let summary = product.manifest.summary.in_language(self.ctx.language().code());
        self.ctx.plain(summary)
    }

    fn state_text(&self, product: &ProductView) -> String {
        self.ctx.t(state_key(product.state).0)
    }

    fn state_colour(&self, product: &ProductView) -> &'static str {
        state_key(product.state).1
    }

    fn can_update(&self, product: &ProductView) -> bool {
        product.state == ProductState::UpdateAvailable && self.ctx.may("Products_Manage")
    }
}

pub(super) async fn show_products(ctx: PageContext) -> PageResult {
    render(&ctx, &FormFields::default(), None).await
}

async fn render(ctx: &PageContext, form: &FormFields, problem: Option<&PageFailure>) -> PageResult {
    let products = ctx.client().list_products().await?.products;
    let status = problem.map_or(StatusCode::OK, |problem| problem.status);
    let page = ProductsPage {
        ctx,
        products,
        problem,
        unsigned: form.is_ticked("unsigned"),
        downgrade: form.is_ticked("downgrade"),
    };
    show_page_as(status, &page)
}

pub(super) async fn add_product(ctx: PageContext, form: FormFields) -> PageResult {
    let Some(file) = form.file("package") else {
        let failure = PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "products-no-package");
        return render(&ctx, &form, Some(&failure)).await;
    };
    let body = PackageBody {
        package: openssl::base64::encode_block(&file.content),
        unsigned: form.is_ticked("unsigned"),
        downgrade: form.is_ticked("downgrade"),
    };
    match ctx.client().add_product(&body).await {
        Ok(product) => go_to(&ctx, &format!("/products/{}", product.id), "product-added"),
        Err(error) => {
            let failure = PageFailure::from(error);
            render(&ctx, &form, Some(&failure)).await
        }
    }
}
