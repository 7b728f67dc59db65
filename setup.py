"""Let an editable install place `data-files` too; everything else stands in pyproject.toml.

setuptools' `editable_wheel` asks the distribution for `has_data`, which is called `has_data_files`.
"""

from setuptools import Distribution, setup


class WithDataFiles(Distribution):
    """A distribution that answers by both names."""

    has_data = Distribution.has_data_files


setup(distclass=WithDataFiles)
