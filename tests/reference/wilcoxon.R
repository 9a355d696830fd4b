# Samples of whole days and their p by wilcox.test: writes wilcoxon.csv, n_treated, n_control, p to 10 digits.
# R 4.2.2; Rscript wilcoxon.R
set.seed(14)
rows <- list()
for (i in 1:200) {
  n <- if (i <= 80) c(10, 10) else sample(4:40, 2, replace = TRUE)
  spread <- sample(c(4, 9, 30), 1)
  x <- sample(1:spread, n[1], replace = TRUE)
  y <- sample(1:spread, n[2], replace = TRUE) + sample(0:3, 1)
  p <- suppressWarnings(wilcox.test(x, y))$p.value
  rows[[i]] <- data.frame(n_treated = n[1], n_control = n[2], p = format(p, digits = 10, scientific = FALSE))
}
write.csv(do.call(rbind, rows), "wilcoxon.csv", row.names = FALSE, quote = FALSE)
