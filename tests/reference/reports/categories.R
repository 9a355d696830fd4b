# p-values of groups by ordered categories, of pairs, and of one stratum, as R prints them: categories.csv.
# Rscript --vanilla categories.R   (R 4.2.2)
set.seed(20263)
options(warn = -1)

text <- function(table) paste(apply(table, 1, paste, collapse = "/"), collapse = " v ")
rows <- list()
add <- function(test, table, p) if (is.finite(p))
  rows[[length(rows) + 1]] <<- c(test = test, table = text(table), p = signif(p, 9))

for (i in 1:40) {
  groups <- if (i %% 4) 2 else 3
  k <- sample(3:5, 1)
  weights <- runif(k) + 0.2
  table <- t(sapply(1:groups, function(g) {
    tilt <- exp((seq_len(k) - k / 2) * g * rnorm(1, 0, 0.3))
    tabulate(sample(k, sample(6:60, 1), replace = TRUE, prob = weights * tilt), k)
  }))
  group <- rep(row(table), table); value <- rep(col(table), table)
  add("kruskal_wallis", table, kruskal.test(value, group)$p.value)
  if (groups == 2) {
    add("rank_sum_corrected", table, wilcox.test(value[group == 1], value[group == 2], exact = FALSE)$p.value)
    used <- colSums(table) > 0
    if (all(used)) add("cochran_armitage", table, prop.trend.test(table[1, ], colSums(table))$p.value)
  }
  pairs <- matrix(rmultinom(1, sample(10:200, 1), runif(4) + 0.1), 2)
  add("mcnemar", pairs, mcnemar.test(pairs, correct = FALSE)$p.value)
  add("mcnemar_corrected", pairs, mcnemar.test(pairs)$p.value)
  discordant <- pairs[1, 2] + pairs[2, 1]
  add("mcnemar_exact", pairs, binom.test(pairs[1, 2], discordant)$p.value)
  add("mcnemar_exact_less", pairs, binom.test(pairs[1, 2], discordant, alternative = "less")$p.value)
  two <- matrix(rbinom(4, 40, runif(4, 0.1, 0.9)) + 1, 2)
  one <- array(c(two, 1, 1, 0, 0), c(2, 2, 2))  # R asks for two strata: all patients of the second are alike
  add("mantel_haenszel", two, mantelhaen.test(one, correct = FALSE)$p.value)
  add("mantel_haenszel_corrected", two, mantelhaen.test(one)$p.value)
  add("mantel_haenszel_less", two, mantelhaen.test(one, alternative = "less")$p.value)
}
write.csv(do.call(rbind, rows), "categories.csv", row.names = FALSE, quote = FALSE)
