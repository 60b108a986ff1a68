//! What can be installed: the products of the catalogue, read once each.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use semver::Version;

use crate::bus::install::{Offer, OfferFault, Offers};
use crate::bus::{Catalogue, Host, Package, ProductId};

pub struct Shelf {
    catalogue: Arc<Catalogue>,
    host: Arc<dyn Host>,
    /// By the digest of the package: another one under the same version is another product.
    read: Mutex<BTreeMap<String, Arc<Offer>>>,
}

/// Offers that are kept read at most.
const MOST: usize = 100;

impl Shelf {
    pub fn new(catalogue: Arc<Catalogue>, host: Arc<dyn Host>) -> Shelf {
        Shelf {
            catalogue,
            host,
            read: Mutex::default(),
        }
    }

    fn of(&self, package: Option<Arc<Package>>) -> Result<Option<Arc<Offer>>, OfferFault> {
        let Some(package) = package else { return Ok(None) };
        let digest = package.digest();
        let known = || {
            let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
            read.get(&digest).cloned()
        };
        if let Some(offer) = known() {
            return Ok(Some(offer));
        }
        let offer = Arc::new(Offer::of_package(&package, self.host.as_ref())?);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.len() >= MOST {
            read.clear();
        }
        read.insert(digest, offer.clone());
        Ok(Some(offer))
    }
}

impl Offers for Shelf {
    fn offer(&self, product: &str) -> Result<Option<Arc<Offer>>, OfferFault> {
        let id = product.parse::<ProductId>().ok();
        self.of(id.and_then(|id| self.catalogue.newest(&id)))
    }

    fn version(&self, product: &str, version: &str) -> Result<Option<Arc<Offer>>, OfferFault> {
        let (id, version) = (product.parse::<ProductId>().ok(), version.parse::<Version>().ok());
        let package = id
            .zip(version)
            .and_then(|(id, version)| self.catalogue.get(&id, &version));
        self.of(package)
    }
}
