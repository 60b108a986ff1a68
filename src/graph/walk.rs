//! A walk over the pages of a list: one page at a time, each by the link of the one before.
//!
//! A page whose link is bad (it leads elsewhere, or it was there before) is still given out; the walk then fails at
//! the next step. So nothing that was read is lost, and yet the walk has not reached its end: only `Ok(None)` says
//! that the last page was reached and no link was seen twice (S1).

use bytes::Bytes;

use super::client::{Ask, Graph};
use super::error::{GraphError, Problem};
use super::link::fingerprint;
use super::page::{Page, Taken};
use super::rough::Rough;
use crate::model::Timestamp;

/// Where a walk stands.
enum Place {
    /// The next page is here.
    At(String),
    /// The last page was given out.
    End,
    /// The link after the page that was given out last must not be followed.
    Stuck(Problem),
}

pub struct Walk {
    graph: Graph,
    place: Place,
    /// Fingerprints of all links that were followed, the first address included.
    seen_links: Vec<u64>,
}

impl Walk {
    pub(super) fn start(graph: Graph, url: String) -> Self {
        Self::at(graph, url, Vec::new())
    }

    /// Goes on from a kept link. It is checked like any other: the settings may have changed meanwhile.
    pub(super) fn resume(graph: Graph, link: String, seen_links: Vec<u64>) -> Self {
        match graph.base().check(&link) {
            Ok(()) => Self::at(graph, link, seen_links),
            Err(problem) => Walk {
                graph,
                place: Place::Stuck(problem),
                seen_links,
            },
        }
    }

    fn at(graph: Graph, url: String, mut seen_links: Vec<u64>) -> Self {
        let mark = fingerprint(&url);
        if !seen_links.contains(&mark) {
            seen_links.push(mark);
        }
        Walk {
            graph,
            place: Place::At(url),
            seen_links,
        }
    }

    /// The next page, or `None` once the last one was given out. After an error it can be called again and asks for
    /// the same page anew.
    pub async fn next(&mut self) -> Result<Option<Page>, GraphError> {
        self.step(Page::new).await
    }

    /// The same, for who proves each record.
    pub async fn next_rough(&mut self) -> Result<Option<Rough>, GraphError> {
        self.step(Rough::new).await
    }

    async fn step<P>(&mut self, read: fn(Bytes, Timestamp, u32) -> Taken<P>) -> Result<Option<P>, GraphError> {
        let url = match &self.place {
            Place::End => return Ok(None),
            Place::Stuck(problem) => return Err(problem.clone().into()),
            Place::At(url) => url,
        };
        let limit = self.graph.limits().max_pages;
        if self.seen_links.len() > limit as usize {
            return Err(Problem::TooManyPages { limit }.into());
        }
        let ask = Ask {
            url,
            body: None,
            weight: 1,
        };
        let (page, link) = self
            .graph
            .ask(ask, |answer| read(answer.body.clone(), answer.date, answer.requests))
            .await?;
        self.place = match link {
            None => Place::End,
            Some(link) => self.follow(link),
        };
        Ok(Some(page))
    }

    /// The link that comes next, byte for byte, to go on from after a crash; `None` at the end, and where the link is
    /// not to be followed.
    pub fn link(&self) -> Option<&str> {
        match &self.place {
            Place::At(link) => Some(link),
            Place::End | Place::Stuck(_) => None,
        }
    }

    /// Whether the page that was given out last is the list's last one: reached, and no link was seen twice.
    pub fn at_end(&self) -> bool {
        matches!(self.place, Place::End)
    }

    /// To be kept beside the link.
    pub fn seen_links(&self) -> &[u64] {
        &self.seen_links
    }

    fn follow(&mut self, link: String) -> Place {
        if let Err(problem) = self.graph.base().check(&link) {
            return Place::Stuck(problem);
        }
        let mark = fingerprint(&link);
        // A walk has at most some hundred links: looking through them is nothing beside fetching one page.
        if self.seen_links.contains(&mark) {
            return Place::Stuck(Problem::RepeatedLink);
        }
        self.seen_links.push(mark);
        Place::At(link)
    }
}
