//! What can be installed: the products of the catalogue, read once each.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use semver::Version;

use crate::bus::install::{InstallableProduct, ProductError, ProductSource};
use crate::bus::{Catalogue, InstallationHost, Package, ProductId};

pub struct ProductCache {
    catalogue: Arc<Catalogue>,
    host: Arc<dyn InstallationHost>,
    /// By the digest of the package: another one under the same version is another product.
    products: Mutex<BTreeMap<String, Arc<InstallableProduct>>>,
}

/// Offers that are kept read at most.
const MOST: usize = 100;

impl ProductCache {
    pub fn new(catalogue: Arc<Catalogue>, host: Arc<dyn InstallationHost>) -> ProductCache {
        ProductCache {
            catalogue,
            host,
            products: Mutex::default(),
        }
    }

    fn load_product(&self, package: Option<Arc<Package>>) -> Result<Option<Arc<InstallableProduct>>, ProductError> {
        let Some(package) = package else { return Ok(None) };
        let digest = package.digest();
        let known = || {
            let read = self.products.lock().unwrap_or_else(PoisonError::into_inner);
            read.get(&digest).cloned()
        };
        if let Some(product) = known() {
            return Ok(Some(product));
        }
        let product = Arc::new(InstallableProduct::from_package(&package, self.host.as_ref())?);
        let mut read = self.products.lock().unwrap_or_else(PoisonError::into_inner);
        if read.len() >= MOST {
            read.clear();
        }
        read.insert(digest, product.clone());
        Ok(Some(product))
    }
}

impl ProductSource for ProductCache {
    fn newest_product(&self, product: &str) -> Result<Option<Arc<InstallableProduct>>, ProductError> {
        let id = product.parse::<ProductId>().ok();
        self.load_product(id.and_then(|id| self.catalogue.newest_package(&id)))
    }

    fn product_version(&self, product: &str, version: &str) -> Result<Option<Arc<InstallableProduct>>, ProductError> {
        let (id, version) = (product.parse::<ProductId>().ok(), version.parse::<Version>().ok());
        let package = id
            .zip(version)
            .and_then(|(id, version)| self.catalogue.get(&id, &version));
        self.load_product(package)
    }
}
