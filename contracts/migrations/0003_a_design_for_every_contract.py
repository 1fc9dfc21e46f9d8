"""Contracts made before the design workspace get their empty design."""

from django.db import migrations


def give_designs(apps, schema_editor):
    owner = schema_editor.connection.alias
    contracts = apps.get_model("contracts", "Contract").objects.using(owner).filter(design__isnull=True)
    designs = apps.get_model("contracts", "Design").objects.using(owner)
    designs.bulk_create([designs.model(contract_id=contract.pk) for contract in contracts])


class Migration(migrations.Migration):
    dependencies = [("contracts", "0002_design_workspace")]
    operations = [migrations.RunPython(give_designs, migrations.RunPython.noop)]
