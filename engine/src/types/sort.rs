//! Sorting with little code: the standard library's sorts are fast for millions and take kilobytes of code for
//! every type they sort, which every page that uses the wasm module would download. Knows no type.

use core::cmp::Ordering;

/// Sorts by `compare`. A heap sort: O(n log n) at worst, no memory, and the same order of equal items on every
/// platform.
///
/// Source: J. W. J. Williams, *Heapsort*, 1964.
pub fn sort_by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let len = items.len();
    for root in (0..len / 2).rev() {
        sift_down(items, root, len, &mut compare);
    }
    for end in (1..len).rev() {
        items.swap(0, end);
        sift_down(items, 0, end, &mut compare);
    }
}

/// Sorts by a key.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(items, |left, right| key(left).cmp(&key(right)));
}

/// Sorts what may be millions of items by a `compare` that calls no two of them equal: with the standard library's code
/// where that is no download.
pub fn sort_many<T>(items: &mut [T], compare: impl FnMut(&T, &T) -> Ordering) {
    if cfg!(target_arch = "wasm32") {
        sort_first(items, items.len(), compare);
    } else {
        items.sort_by(compare);
    }
}

/// Brings the first `wanted` items to where sorting by `compare` puts them; those behind are in any order. Equal items come
/// to lie where Redis' `pqsort` leaves them, which replies show. O(n) and O(wanted log n) on average; O(n log n) at worst,
/// since too deep a recursion ends in the heap sort.
///
/// Source: J. L. Bentley and M. D. McIlroy, *Engineering a Sort Function*, 1993, without the parts that nobody asked for.
pub fn sort_first<T>(items: &mut [T], wanted: usize, mut compare: impl FnMut(&T, &T) -> Ordering) {
    quicksort(items, wanted, DEPTH_MAX, &mut compare);
}

/// Recursions that random data does not come near to.
const DEPTH_MAX: u32 = 100;

fn quicksort<T>(
    mut items: &mut [T],
    mut wanted: usize,
    depth: u32,
    compare: &mut impl FnMut(&T, &T) -> Ordering,
) {
    const FEW: usize = 7;
    loop {
        let len = items.len();
        if depth == 0 {
            return sort_by(items, compare);
        }
        if len < FEW {
            for end in 1..len {
                let mut at = end;
                while at > 0 && compare(&items[at - 1], &items[at]) == Ordering::Greater {
                    items.swap(at - 1, at);
                    at -= 1;
                }
            }
            return;
        }
        let pivot = pivot(items, compare);
        items.swap(0, pivot);
        // Equal ones gather at both ends, smaller ones behind the first of them, larger ones before the last.
        let (mut equal_low, mut low) = (1, 1);
        let (mut high, mut equal_high) = (len - 1, len - 1);
        loop {
            while low <= high {
                match compare(&items[low], &items[0]) {
                    Ordering::Greater => break,
                    Ordering::Equal => {
                        items.swap(equal_low, low);
                        equal_low += 1;
                    }
                    Ordering::Less => {}
                }
                low += 1;
            }
            while low <= high {
                match compare(&items[high], &items[0]) {
                    Ordering::Less => break,
                    Ordering::Equal => {
                        items.swap(high, equal_high);
                        equal_high -= 1;
                    }
                    Ordering::Greater => {}
                }
                high -= 1;
            }
            if low > high {
                break;
            }
            items.swap(low, high);
            low += 1;
            high -= 1;
        }
        let (smaller, larger) = (low - equal_low, equal_high - high);
        swap_runs(items, 0, low, equal_low.min(smaller));
        swap_runs(items, low, len, larger.min(len - 1 - equal_high));
        let (rest, end) = items.split_at_mut(len - larger);
        if smaller > 1 && wanted > 0 {
            quicksort(&mut rest[..smaller], wanted, depth - 1, compare);
        }
        if larger <= 1 || wanted <= len - larger {
            return;
        }
        wanted -= len - larger;
        items = end;
    }
}

/// Exchanges `len` items from `start` on with the `len` before `end`.
fn swap_runs<T>(items: &mut [T], start: usize, end: usize, len: usize) {
    for at in 0..len {
        items.swap(start + at, end - len + at);
    }
}

/// Where a middling item stands.
fn pivot<T>(items: &[T], compare: &mut impl FnMut(&T, &T) -> Ordering) -> usize {
    const SOME: usize = 7;
    const MANY: usize = 40;
    let len = items.len();
    let (mut low, mut middle, mut high) = (0, len / 2, len - 1);
    if len == SOME {
        return middle;
    }
    if len > MANY {
        let step = len / 8;
        low = median(items, [low, low + step, low + 2 * step], compare);
        middle = median(items, [middle - step, middle, middle + step], compare);
        high = median(items, [high - 2 * step, high - step, high], compare);
    }
    median(items, [low, middle, high], compare)
}

fn median<T>(
    items: &[T],
    [a, b, c]: [usize; 3],
    compare: &mut impl FnMut(&T, &T) -> Ordering,
) -> usize {
    let mut is = |left: usize, right: usize, order| compare(&items[left], &items[right]) == order;
    if is(a, b, Ordering::Less) {
        if is(b, c, Ordering::Less) {
            b
        } else if is(a, c, Ordering::Less) {
            c
        } else {
            a
        }
    } else if is(b, c, Ordering::Greater) {
        b
    } else if is(a, c, Ordering::Less) {
        a
    } else {
        c
    }
}

fn sift_down<T>(
    items: &mut [T],
    mut root: usize,
    end: usize,
    compare: &mut impl FnMut(&T, &T) -> Ordering,
) {
    loop {
        let mut child = 2 * root + 1;
        if child >= end {
            return;
        }
        if child + 1 < end && compare(&items[child], &items[child + 1]) == Ordering::Less {
            child += 1;
        }
        if compare(&items[root], &items[child]) != Ordering::Less {
            return;
        }
        items.swap(root, child);
        root = child;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorts(mut items: Vec<u8>) {
            let mut expected = items.clone();
            expected.sort_unstable();
            sort_by_key(&mut items, |item| *item);
            prop_assert_eq!(items, expected);
        }

        #[test]
        fn sorts_the_first(items in proptest::collection::vec(0u8..30, 0..300), wanted in 0usize..310) {
            let mut expected = items.clone();
            expected.sort_unstable();
            for depth in [1, DEPTH_MAX] {
                let mut items = items.clone();
                quicksort(&mut items, wanted, depth, &mut u8::cmp);
                let wanted = wanted.min(items.len());
                prop_assert_eq!(&items[..wanted], &expected[..wanted]);
                items.sort_unstable();
                prop_assert_eq!(&items, &expected);
            }
        }
    }
}
