//! Every target reads its corpus, and a second's worth of inputs made from it, without coverage. `cargo xtask fuzz` does more.

use isolator_fuzz::{Mutator, Random, TARGETS, read_corpus};
use std::time::{Duration, Instant};

#[test]
fn targets_survive_their_corpora_and_a_moment_more() {
    for target in TARGETS {
        let mut inputs = read_corpus(target.name).unwrap();
        assert!(!inputs.is_empty(), "`{}` has no corpus", target.name);
        for input in &inputs {
            (target.run)(input);
        }
        inputs.push(Vec::new());
        let mut mutator = Mutator {
            random: Random(7),
            dictionary: target.dictionary,
            longest: 4096,
        };
        let (began, mut runs) = (Instant::now(), 0);
        while began.elapsed() < Duration::from_millis(1500) {
            let mut input = inputs[mutator.random.below(inputs.len())].clone();
            let other = mutator.random.below(inputs.len());
            mutator.mutate(&mut input, &inputs[other]);
            (target.run)(&input);
            runs += 1;
        }
        assert!(runs > 100, "`{}`: {runs} inputs", target.name);
    }
}
