//! A walk over the pages of a list: one page at a time, each by the link of the one before.
//!
//! A page whose link is bad (it leads elsewhere, or it was there before) is still given out; the walk then fails at
//! the next step. So nothing that was read is lost, and yet the walk has not reached its end: only `Ok(None)` says
//! that the last page was reached and no link was seen twice (S1).

use bytes::Bytes;

use super::client::{GraphClient, ReadRequest};
use super::error::{GraphError, GraphProblem};
use super::fast_split::UnprovenPage;
use super::link::link_fingerprint;
use super::page::{GraphPage, PageResult};
use crate::model::Timestamp;

/// Where a walk stands.
enum WalkPosition {
    /// The next page is here.
    At(String),
    /// The last page was given out.
    End,
    /// The link after the page that was given out last must not be followed.
    Stuck(GraphProblem),
}

pub struct ListWalk {
    graph: GraphClient,
    position: WalkPosition,
    /// Fingerprints of all links that were followed, the first address included.
    seen_links: Vec<u64>,
}

impl ListWalk {
    pub(super) fn start(graph: GraphClient, url: String) -> Self {
        Self::start_at(graph, url, Vec::new())
    }

    /// Goes on from a kept link. It is checked like any other: the settings may have changed meanwhile.
    pub(super) fn resume(graph: GraphClient, link: String, seen_links: Vec<u64>) -> Self {
        match graph.link_base().check_link(&link) {
            Ok(()) => Self::start_at(graph, link, seen_links),
            Err(problem) => ListWalk {
                graph,
                position: WalkPosition::Stuck(problem),
                seen_links,
            },
        }
    }

    fn start_at(graph: GraphClient, url: String, mut seen_links: Vec<u64>) -> Self {
        let fingerprint = link_fingerprint(&url);
        if !seen_links.contains(&fingerprint) {
            seen_links.push(fingerprint);
        }
        ListWalk {
            graph,
            position: WalkPosition::At(url),
            seen_links,
        }
    }

    /// The next page, or `None` once the last one was given out. After an error it can be called again and asks for
    /// the same page anew.
    pub async fn next(&mut self) -> Result<Option<GraphPage>, GraphError> {
        self.fetch_page(GraphPage::new).await
    }

    /// The same, for who proves each record.
    pub async fn next_unproven(&mut self) -> Result<Option<UnprovenPage>, GraphError> {
        self.fetch_page(UnprovenPage::new).await
    }

    async fn fetch_page<P>(
        &mut self,
        read: fn(Bytes, Timestamp, u32) -> PageResult<P>,
    ) -> Result<Option<P>, GraphError> {
        let url = match &self.position {
            WalkPosition::End => return Ok(None),
            WalkPosition::Stuck(problem) => return Err(problem.clone().into()),
            WalkPosition::At(url) => url,
        };
        let limit = self.graph.limits().max_pages;
        if self.seen_links.len() > limit as usize {
            return Err(GraphProblem::TooManyPages { limit }.into());
        }
        let request = ReadRequest::get(url);
        let (page, link) = self
            .graph
            .read_with_retries(request, |answer| {
                read(answer.body.clone(), answer.date, answer.requests)
            })
            .await?;
        self.position = match link {
            None => WalkPosition::End,
            Some(link) => self.follow_link(link),
        };
        Ok(Some(page))
    }

    /// The link that comes next, byte for byte, to go on from after a crash; `None` at the end, and where the link is
    /// not to be followed.
    pub fn next_link(&self) -> Option<&str> {
        match &self.position {
            WalkPosition::At(link) => Some(link),
            WalkPosition::End | WalkPosition::Stuck(_) => None,
        }
    }

    /// Whether the page that was given out last is the list's last one: reached, and no link was seen twice.
    pub fn is_at_end(&self) -> bool {
        matches!(self.position, WalkPosition::End)
    }

    /// To be kept beside the link.
    pub fn seen_links(&self) -> &[u64] {
        &self.seen_links
    }

    fn follow_link(&mut self, link: String) -> WalkPosition {
        if let Err(problem) = self.graph.link_base().check_link(&link) {
            return WalkPosition::Stuck(problem);
        }
        let fingerprint = link_fingerprint(&link);
        // A walk has at most some hundred links: looking through them is nothing beside fetching one page.
        if self.seen_links.contains(&fingerprint) {
            return WalkPosition::Stuck(GraphProblem::RepeatedLink);
        }
        self.seen_links.push(fingerprint);
        WalkPosition::At(link)
    }
}
