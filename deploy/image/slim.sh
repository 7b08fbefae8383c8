#!/bin/sh
# Take out of a virtual environment what only building and testing need: `slim.sh FOLDER`.
set -eu
packages=$(echo "$1"/lib/python3*/site-packages)

# For compiling against torch, and for testing it, which nothing here does.
rm -rf "$packages"/torch/include "$packages"/torch/share "$packages"/torch/test
find "$packages/torch/bin" -type f ! -name torch_shm_manager -delete  # torch itself starts that one
find "$packages/torch/lib" -name '*.a' -delete

# The big packages' tests of themselves.
for package in numpy scipy sklearn sympy networkx joblib; do
  if [ -d "$packages/$package" ]; then
    find "$packages/$package" -type d -name tests -prune -exec rm -rf {} +
  fi
done

# What was compiled of packages of which little is used: a quarter of a gigabyte. What is used is
# compiled again when the image is tried out (proof.py), before it becomes read-only.
for package in torch torchgen transformers sentence_transformers sympy mpmath networkx scipy sklearn; do
  if [ -d "$packages/$package" ]; then
    find "$packages/$package" -type d -name __pycache__ -prune -exec rm -rf {} +
  fi
done

# Nothing is installed into an image that runs.
"$1"/bin/python -m pip uninstall --quiet --yes pip
