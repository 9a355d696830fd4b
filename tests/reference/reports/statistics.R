# Statistics, degrees of freedom and p-values of random data, as R's tests print them: statistics.csv.
# Rscript --vanilla statistics.R
set.seed(20262)
n <- function() sample(4:60, 1)
sides <- c("two.sided", "less", "greater")

of <- function(kind, test, sided, df2 = NA) {
  c(kind = kind, sided = sided, df1 = if (kind == "z") NA else unname(test$parameter[1]), df2 = df2,
    statistic = signif(unname(test$statistic), 10), p = signif(test$p.value, 10))
}

rows <- list()
for (i in 1:40) {
  side <- sides[1 + i %% 3]
  a <- rnorm(n(), rnorm(1, 0, 0.7)); b <- rnorm(n(), 0, 1.5)
  student <- t.test(a, b, var.equal = TRUE, alternative = side)
  welch <- t.test(a, b, alternative = side)
  x <- rnorm(n()); y <- rnorm(1, 0, 0.5) * x + rnorm(length(x))
  r <- cor.test(x, y, alternative = side)
  r$statistic <- r$estimate
  groups <- factor(sample(sample(2:4, 1), 40, replace = TRUE))
  fit <- anova(lm(rnorm(40, as.integer(groups) * rnorm(1, 0, 0.4)) ~ groups))
  table <- table(sample(2, 90, replace = TRUE), sample(sample(2:4, 1), 90, replace = TRUE))
  shares <- suppressWarnings(prop.test(c(20 + i, 30), c(90, 80), alternative = side, correct = FALSE))
  z <- list(statistic = sqrt(unname(shares$statistic)) * sign(diff(rev(shares$estimate))), p.value = shares$p.value)
  f <- list(statistic = fit$F[1], parameter = fit$Df[1], p.value = fit[["Pr(>F)"]][1])
  rows <- c(rows, list(of("t", student, side), of("t", welch, side), of("r", r, side), of("F", f, "upper", fit$Df[2]),
                       of("chi2", suppressWarnings(chisq.test(table)), "upper"), of("z", z, side)))
}
write.csv(do.call(rbind, rows), "statistics.csv", row.names = FALSE, quote = FALSE)
